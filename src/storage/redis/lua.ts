/** A script that Redis runs as one: nothing else happens in between. */
export interface Script {
  readonly name: string
  readonly lua: string
}

/** How many commits `changes` can look back at least, and how many the log holds before it is cut to that. */
const REMEMBERED = 32
const MOST_REMEMBERED = 64

/** Seconds after its last commit when the log of an owner goes: what is idle for so long is loaded as a whole. */
const LOG_LASTS = 3_600

/** `unpack` of Lua takes at most some 8,000 values; an even number, since `HSET` takes pairs. */
const CHUNK = 4_000

/**
 * Writes one change, or nothing: a script that fails half-way leaves what it has written, so everything that can fail comes
 * before the first write. That is why each key that will be written is read first: one of another type is refused by that. And
 * the user is asked about whatever may follow (Redis 7, Valkey): an access list may leave out a command or a channel.
 *
 * A client may send a command again when it has not seen the answer. The log knows the token of each commit by which it
 * tells such a repetition from a change that comes from an old revision.
 */
export const COMMIT: Script = {
  name: 'commit',
  lua: `
local items, owed, asks, log, owners, owing, asking = unpack(KEYS)
local layout, base, revision, token, member, version, entry, channel, news, erase, counts = unpack(ARGV, 1, 11)
local puts, removes, owes, settles, requests = string.match(counts, '(%d+) (%d+) (%d+) (%d+) (%d+)')
puts, removes, owes, settles, requests = tonumber(puts), tonumber(removes), tonumber(owes), tonumber(settles), tonumber(requests)
local erases = erase == '1'

local now = redis.call('HMGET', items, 'revision', 'layout', 'count')
if now[2] and now[2] ~= layout then return 'layout ' .. now[2] end
if (now[1] and '=' .. now[1] or '') ~= base then
  for _, known in ipairs(redis.call('LRANGE', log, 0, -1)) do
    if string.sub(known, 1, #token) == token then return 'done' end
  end
  return 'conflict'
end

local asked = (erases or puts + removes > 0) and redis.call('SCARD', asks) or 0
if erases or owes + settles > 0 then
  redis.call('HLEN', owed)
  redis.call('ZCARD', owing)
end
if erases or asked + requests > 0 then redis.call('ZCARD', asking) end
if erases or not now[1] then redis.call('ZCARD', owners) end
local steps = {
  { 'LTRIM', log, 0, 0 }, { 'EXPIRE', log, 1 }, { 'UNLINK', items }, { 'HSET', items, '', '' }, { 'HDEL', items, '' },
  { 'SADD', asks, '' }, { 'SREM', asks, '' }, { 'ZADD', owners, 0, '' }, { 'ZREM', owners, '' },
}
if channel ~= '' then steps[#steps + 1] = { 'PUBLISH', channel, '' } end
for _, step in ipairs(redis.acl_check_cmd and steps or {}) do
  if not redis.acl_check_cmd(unpack(step)) then
    return redis.error_reply('NOPERM this user may not run ' .. step[1] .. ' on ' .. step[2] .. ', nothing was written')
  end
end

local remembered = redis.call('RPUSH', log, token .. entry)
if entry == '' then redis.call('LTRIM', log, -1, -1) elseif remembered > ${MOST_REMEMBERED} then redis.call('LTRIM', log, -${REMEMBERED}, -1) end
redis.call('EXPIRE', log, ${LOG_LASTS})

local function each(command, key, from, count)
  for first = from, from + count - 1, ${CHUNK} do
    redis.call(command, key, unpack(ARGV, first, math.min(first + ${CHUNK}, from + count) - 1))
  end
end

local function mark(index, belongs)
  if belongs then redis.call('ZADD', index, 0, member) else redis.call('ZREM', index, member) end
end

if erases then
  redis.call('UNLINK', items, owed, asks)
  for _, index in ipairs({ owners, owing, asking }) do redis.call('ZREM', index, member) end
else
  local at = 12
  each('HDEL', items, at, removes)
  if asked > 0 then each('SREM', asks, at, removes) end
  at = at + removes
  each('HSET', items, at, puts * 2)
  if asked > 0 then
    for index = at, at + puts * 2 - 2, 2 do redis.call('SREM', asks, ARGV[index]) end
  end
  at = at + puts * 2
  each('SADD', asks, at, requests)
  at = at + requests
  each('HDEL', owed, at, settles)
  at = at + settles
  local count = tonumber(now[3] or '0') or 0
  for index = at, at + owes * 2 - 2, 2 do
    local former = redis.call('HGET', owed, ARGV[index])
    local place = former and string.match(former, '^%d+')
    if not place then
      count = count + 1
      place = string.format('%.0f', count)
    end
    redis.call('HSET', owed, ARGV[index], place .. ' ' .. ARGV[index + 1])
  end
  local head = { 'revision', revision, 'layout', layout }
  if version ~= '' then
    head[#head + 1] = 'version'
    head[#head + 1] = string.sub(version, 2)
  end
  if owes > 0 then
    head[#head + 1] = 'count'
    head[#head + 1] = string.format('%.0f', count)
  end
  redis.call('HSET', items, unpack(head))
  if not now[1] then mark(owners, true) end
  if owes + settles > 0 then mark(owing, redis.call('HLEN', owed) > 0) end
  if requests + asked > 0 then mark(asking, redis.call('SCARD', asks) > 0) end
end

if channel ~= '' then redis.call('PUBLISH', channel, news) end
return 'done'
`,
}

/** How many answers the script `load` gives for each owner. */
export const LOADED = 6

/**
 * Rosters, each with what is owed, as one moment shows them; two keys and six answers for each. The items come as two texts,
 * their fields and their values: clients take much longer for thousands of short texts than for two long ones.
 */
export const LOAD: Script = {
  name: 'load',
  lua: `
local found = {}
for index = 1, #KEYS, 2 do
  local all = redis.call('HGETALL', KEYS[index])
  local head, fields, values = {}, {}, {}
  for place = 1, #all, 2 do
    if string.byte(all[place]) == 58 then
      fields[#fields + 1] = all[place]
      values[#values + 1] = all[place + 1]
    else
      head[all[place]] = all[place + 1]
    end
  end
  -- Who never owed anything has no count.
  local owed = head.count and redis.call('HGETALL', KEYS[index + 1]) or {}
  local at = (index - 1) / 2 * ${LOADED}
  found[at + 1] = head.revision or false
  found[at + 2] = head.version or false
  found[at + 3] = head.layout or #all > 0 and ''
  found[at + 4] = table.concat(fields, '\\0')
  found[at + 5] = table.concat(values, ',')
  found[at + 6] = #owed > 0 and owed
end
return found
`,
}

/** What was written since a revision: walks the log back to the commit that was made from it. */
export const CHANGES: Script = {
  name: 'changes',
  lua: `
local items, owed, log = unpack(KEYS)
local since, length = ARGV[1], tonumber(ARGV[2])
local now = redis.call('HMGET', items, 'revision', 'version', 'layout')
if not now[1] then return false end
local fields, seen = {}, {}
if now[1] ~= since then
  local known = false
  local entries = redis.call('LRANGE', log, 0, -1)
  for index = #entries, 1, -1 do
    if #entries[index] == length then return false end
    local entry = cjson.decode(string.sub(entries[index], length + 1))
    for place = 2, #entry do
      if not seen[entry[place]] then
        seen[entry[place]] = true
        fields[#fields + 1] = entry[place]
      end
    end
    known = entry[1] == since
    if known then break end
  end
  if not known then return false end
end
local values = {}
for first = 1, #fields, ${CHUNK} do
  local part = redis.call('HMGET', items, unpack(fields, first, math.min(first + ${CHUNK} - 1, #fields)))
  for _, value in ipairs(part) do values[#values + 1] = value end
end
return { now[1], now[2], now[3], fields, values, redis.call('HGETALL', owed) }
`,
}

/** The next names of an index, as its master knows them: a plain read might be answered by a replica that is behind. */
export const PAGE: Script = {
  name: 'page',
  lua: `return redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[3])`,
}
