-- Version 1 of the schema, as the first release made it, with a few rosters. Never changed: newer code must open it.
CREATE TABLE "roster_schema" (version INTEGER NOT NULL);
INSERT INTO "roster_schema" VALUES (1);
CREATE TABLE "roster_owners" (
  id INTEGER PRIMARY KEY,
  jid TEXT NOT NULL UNIQUE,
  domain TEXT NOT NULL,
  revision TEXT NOT NULL,
  version TEXT,
  owes INTEGER NOT NULL,
  asks INTEGER NOT NULL
);
INSERT INTO "roster_owners" VALUES (1, 'romeo@example.net', 'example.net', '11111111111111111111111111111111', 'v"1" é', 0, 1);
INSERT INTO "roster_owners" VALUES (2, 'bot.example.org', 'bot.example.org', '33333333333333333333333333333333', NULL, 1, 0);
INSERT INTO "roster_owners" VALUES (3, 'andré@example.net', 'example.net', '44444444444444444444444444444444', '', 0, 0);
CREATE TABLE "roster_items" (
  owner INTEGER NOT NULL,
  jid TEXT NOT NULL,
  name TEXT,
  "groups" TEXT NOT NULL,
  state TEXT NOT NULL,
  approved INTEGER NOT NULL,
  unlisted INTEGER NOT NULL,
  request TEXT,
  received_at INTEGER,
  deferred INTEGER,
  asked_at INTEGER,
  PRIMARY KEY (owner, jid)
) WITHOUT ROWID;
INSERT INTO "roster_items" VALUES (1, 'juliet@example.com', 'Juliet ♥ ''the sun''', '["Friends","Capulet \"&\" co"]', 'both', 1, 0, NULL, NULL, NULL, NULL);
INSERT INTO "roster_items" VALUES (1, 'nurse@example.com', NULL, '[]', 'none+out', 0, 0, NULL, NULL, NULL, 1767225600123);
INSERT INTO "roster_items" VALUES (1, 'paris@example.com', NULL, '[]', 'none+in', 0, 1, '<presence from=''paris@example.com'' type=''subscribe''/>', 1767225600123, 1, NULL);
INSERT INTO "roster_items" VALUES (1, 'tybalt@example.com', NULL, '[]', 'to+in', 0, 0, '<presence>é🌹</presence>', 0, 0, NULL);
INSERT INTO "roster_items" VALUES (2, 'romeo@example.net', NULL, '[]', 'from', 0, 0, NULL, NULL, NULL, NULL);
CREATE TABLE "roster_owed" (
  place INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  xml TEXT NOT NULL,
  UNIQUE (owner, id)
);
INSERT INTO "roster_owed" VALUES (1, 2, 'm', 1767225600123, '<presence id=''m'' type=''subscribed''/>');
INSERT INTO "roster_owed" VALUES (3, 2, 'a', 1767225600123, '<presence id=''a'' type=''subscribed''/>');
INSERT INTO "roster_owed" VALUES (4, 2, 'b', 1767225600123, '<presence id=''b'' type=''subscribed''/>');
CREATE INDEX "roster_owners_of_domain" ON "roster_owners" (domain, jid);
CREATE INDEX "roster_owners_that_owe" ON "roster_owners" (domain, jid) WHERE owes = 1;
CREATE INDEX "roster_owners_with_request" ON "roster_owners" (domain, jid) WHERE asks = 1;
CREATE INDEX "roster_items_with_request" ON "roster_items" (owner) WHERE request IS NOT NULL;
