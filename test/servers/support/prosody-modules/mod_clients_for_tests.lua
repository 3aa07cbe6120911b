-- Client management for tests, answering as Prosody's community module mod_client_management does where that can run.
-- That one needs other community modules and Prosody 13; this one needs nothing and runs on 0.12 and 13.
--
-- Each account has, besides its sessions, the same three clients until it revokes them:
--   grant/site/1      a grant (its token is called <bearer-token/>, unlike in the module's document)
--   grant/idle        a grant that nothing is known of
--   client/old-phone  a client that is away and knows the password
-- The id of a session is client/RESOURCE.

local function load(name)
	-- Prosody 13 says prosody.util.stanza.
	local ok, found = pcall(require, "prosody." .. name);
	return ok and found or require(name);
end
local st = load("util.stanza");
local datetime = load("util.datetime").datetime;

local NS = "xmpp:prosody.im/protocol/manage-clients";
local PASSED = 1680000000;

local fixtures = {
	{
		id = "grant/site/1", type = "access", first = PASSED, last = PASSED + 60;
		auth = { "bearer-token" }, software = { "Caf\195\169 & <Site>", id = "org.example.site", version = "2.0" }, uri = "https://site.example/";
	};
	{ id = "grant/idle", type = "access", last_text = "now" };
	{
		id = "client/old-phone", type = "session", first = PASSED, last = PASSED + 120, password = true;
		auth = { "password", "fast" }, software = { "Example Messenger" }, device = "Juliet's phone";
	};
};

local known = {}; -- by username, what is left of the fixtures
local bound = {}; -- by full JID, since when

module:hook("resource-bind", function (event)
	bound[event.session.full_jid] = os.time();
end);

local function mine(username)
	local list = known[username];
	if not list then
		list = {};
		for i, client in ipairs(fixtures) do list[i] = client; end
		known[username] = list;
	end
	return list;
end

local function text(reply, name, value, attr)
	if value then reply:tag(name, attr):text(value):up(); end
end

local function describe(reply, client)
	reply:tag("client", { connected = client.connected and "true" or "false", id = client.id, type = client.type });
	text(reply, "first-seen", client.first and datetime(client.first));
	text(reply, "last-seen", client.last_text or datetime(client.last));
	reply:tag("auth");
	for _, way in ipairs(client.auth or {}) do reply:tag(way):up(); end
	reply:up();
	reply:tag("user-agent");
	local software = client.software;
	if software then text(reply, "software", software[1], { id = software.id, version = software.version }); end
	text(reply, "uri", client.uri);
	text(reply, "device", client.device);
	reply:up():up();
end

local function sessions(username)
	local user = prosody.hosts[module.host].sessions[username];
	return user and user.sessions or {};
end

module:hook("iq-get/self/" .. NS .. ":list", function (event)
	local origin, stanza = event.origin, event.stanza;
	local clients = {};
	for _, client in ipairs(mine(origin.username)) do clients[#clients + 1] = client; end
	for resource, session in pairs(sessions(origin.username)) do
		clients[#clients + 1] = {
			id = "client/" .. resource, type = "session", connected = true;
			first = bound[session.full_jid] or 0, last = os.time(), auth = { "password" };
		};
	end
	-- Who was seen longest ago comes first.
	table.sort(clients, function (a, b) return (a.last or 0) < (b.last or 0); end);
	local reply = st.reply(stanza):tag("clients", { xmlns = NS });
	for _, client in ipairs(clients) do describe(reply, client); end
	origin.send(reply);
	return true;
end);

module:hook("iq-set/self/" .. NS .. ":revoke", function (event)
	local origin, stanza = event.origin, event.stanza;
	local id = stanza.tags[1].attr.id;
	local list = mine(origin.username);
	for i, client in ipairs(list) do
		if client.id == id then
			if client.password then
				origin.send(st.error_reply(stanza, "cancel", "service-unavailable", "The password has to be changed")
					:tag("password-reset-required", { xmlns = NS }));
			else
				table.remove(list, i);
				origin.send(st.reply(stanza));
			end
			return true;
		end
	end
	local resource = id and id:match("^client/(.+)$");
	local session = resource and sessions(origin.username)[resource];
	if not session then
		origin.send(st.error_reply(stanza, "cancel", "item-not-found", "Client not found"));
		return true;
	end
	-- The stream ends without an error, and since closing tells nothing the refusal has no reason. Whoever closed itself
	-- hears nothing of it.
	session:close();
	if session ~= origin then
		origin.send(st.error_reply(stanza, "cancel", "undefined-condition"));
	end
	return true;
end);
