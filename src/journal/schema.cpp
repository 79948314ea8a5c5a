#include "journal/schema.hpp"

#include <map>
#include <string>

namespace heald {

namespace {

constexpr const char* tables = R"sql(
CREATE TABLE meta(
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE starts(
  start        INTEGER PRIMARY KEY,
  boot_id      TEXT NOT NULL,
  started_ms   INTEGER NOT NULL,
  pid          INTEGER NOT NULL,
  seed         INTEGER,
  engine       INTEGER,
  observe      INTEGER,
  init         INTEGER,
  journal_lost INTEGER,
  left_over    TEXT
) STRICT;

CREATE TABLE rules(
  revision      TEXT PRIMARY KEY,
  first_seen_ms INTEGER NOT NULL,
  text          TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE events(
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  wall_ms INTEGER NOT NULL,
  at_ns   INTEGER NOT NULL,
  start   INTEGER NOT NULL,
  rules   TEXT NOT NULL,
  kind    TEXT NOT NULL,
  slot    INTEGER,
  service TEXT,
  payload TEXT NOT NULL
) STRICT;

CREATE TABLE records(
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  event         INTEGER,
  wall_ms       INTEGER NOT NULL,
  at_ns         INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  slot          INTEGER,
  service       TEXT,
  incident      INTEGER NOT NULL,
  action        INTEGER NOT NULL,
  condition     TEXT NOT NULL,
  rung          TEXT NOT NULL,
  action_kind   TEXT,
  cause         TEXT,
  verdict       TEXT,
  result        TEXT,
  closing       TEXT,
  guard         TEXT NOT NULL,
  hold_rule     TEXT NOT NULL,
  hold_value    TEXT NOT NULL,
  hold_wanted   TEXT NOT NULL,
  hold_until_ns INTEGER,
  text          TEXT NOT NULL,
  took_ns       INTEGER NOT NULL
) STRICT;
CREATE INDEX records_of_incident ON records(incident) WHERE incident > 0;
CREATE INDEX records_by_age ON records(at_ns);
CREATE INDEX records_of_service ON records(service);

CREATE TABLE incidents(
  id               INTEGER PRIMARY KEY,
  root             INTEGER NOT NULL,
  slot             INTEGER,
  service          TEXT,
  first_symptom_ms INTEGER,
  opened_ms        INTEGER,
  opened_ns        INTEGER,
  closed_ms        INTEGER,
  closed_ns        INTEGER,
  closing          TEXT NOT NULL,
  relapses         INTEGER NOT NULL,
  symptom          TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_of_service ON incidents(service);
CREATE INDEX incidents_by_age ON incidents(closed_ns);
CREATE INDEX incidents_open ON incidents(closing) WHERE closing = 'open';

CREATE TABLE actions(
  id          INTEGER PRIMARY KEY,
  incident    INTEGER NOT NULL,
  slot        INTEGER,
  service     TEXT,
  kind        TEXT,
  rung        TEXT NOT NULL,
  cause       TEXT,
  intended_ms INTEGER,
  intended_ns INTEGER,
  finished_ms INTEGER,
  result      TEXT,
  evidence    TEXT NOT NULL,
  withheld    TEXT NOT NULL,
  judged_ms   INTEGER,
  verdict     TEXT,
  proof       TEXT NOT NULL
) STRICT;
CREATE INDEX actions_by_age ON actions(intended_ns);
CREATE INDEX actions_of_service ON actions(service);
CREATE INDEX actions_of_incident ON actions(incident) WHERE incident > 0;

CREATE TABLE state(
  slot    INTEGER PRIMARY KEY,
  service TEXT NOT NULL UNIQUE,
  state   TEXT NOT NULL
) STRICT;

CREATE TABLE daemon(
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
) STRICT;

CREATE TABLE latest(
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  wall_ms     INTEGER NOT NULL,
  at_ns       INTEGER NOT NULL,
  boottime_ns INTEGER NOT NULL,
  boot_id     TEXT NOT NULL,
  rules       TEXT NOT NULL
) STRICT;

)sql";

/// What replay needs; new in format 2.
constexpr const char* replay_tables = R"sql(
CREATE TABLE snapshots(
  start   INTEGER PRIMARY KEY,
  seq     INTEGER NOT NULL,
  wall_ms INTEGER NOT NULL,
  at_ns   INTEGER NOT NULL,
  rules   TEXT NOT NULL,
  daemon  TEXT NOT NULL
) STRICT;

CREATE TABLE snapshot_state(
  start   INTEGER NOT NULL REFERENCES snapshots(start) ON DELETE CASCADE,
  slot    INTEGER NOT NULL,
  service TEXT NOT NULL,
  state   TEXT NOT NULL,
  PRIMARY KEY (start, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps(
  seq     INTEGER NOT NULL,
  start   INTEGER NOT NULL,
  wall_ms INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  events  INTEGER NOT NULL,
  records INTEGER NOT NULL
) STRICT;
CREATE INDEX events_with_rules ON events(rules) WHERE kind = 'policy_loaded';
)sql";

/// What people are to be told; new in format 2. An outcome of NULL: it waits.
constexpr const char* message_table = R"sql(
CREATE TABLE messages(
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver TEXT NOT NULL,
  service  TEXT NOT NULL,
  incident INTEGER NOT NULL,
  occasion TEXT NOT NULL,
  reminder INTEGER NOT NULL,
  told_ms  INTEGER NOT NULL,
  told_ns  INTEGER NOT NULL,
  body     TEXT NOT NULL,
  outcome  TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  problem  TEXT NOT NULL DEFAULT '',
  ended_ms INTEGER
) STRICT;
CREATE INDEX messages_waiting ON messages(id) WHERE outcome IS NULL;
CREATE INDEX messages_by_age ON messages(told_ns);
CREATE INDEX messages_of_incident ON messages(incident) WHERE incident > 0;

CREATE VIEW message_list AS
  SELECT id, receiver, service, nullif(incident, 0) AS incident, occasion, reminder,
         strftime('%Y-%m-%dT%H:%M:%fZ', told_ms / 1000.0, 'unixepoch') AS told,
         strftime('%Y-%m-%dT%H:%M:%fZ', ended_ms / 1000.0, 'unixepoch') AS ended,
         outcome, attempts, problem, body
    FROM messages;
)sql";

/// From format 1, which kept copies of the state that no replay could begin with, and in its
/// beginnings no `storm_let`.
constexpr const char* upgrade_from_1 = R"sql(
ALTER TABLE starts ADD COLUMN seed INTEGER;
ALTER TABLE starts ADD COLUMN engine INTEGER;
ALTER TABLE starts ADD COLUMN observe INTEGER;
ALTER TABLE starts ADD COLUMN init INTEGER;
ALTER TABLE starts ADD COLUMN journal_lost INTEGER;
ALTER TABLE starts ADD COLUMN left_over TEXT;
DROP TABLE snapshot_state;
DROP TABLE snapshots;
UPDATE daemon SET state = json_insert(state, '$.storm_let', json('{}'));
UPDATE state SET state = json_insert(state, '$.incident.told', json('[]'),
  '$.incident.told_latched', json('[]'), '$.incident.owed', json('[]'), '$.incident.last_rung', '',
  '$.incident.last_action', 'restart', '$.incident.last_evidence', '')
  WHERE json_type(state, '$.incident') = 'object';
)sql";

/// The same with times that people can read (UTC).
constexpr const char* views = R"sql(
CREATE VIEW timeline AS
  SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS time,
         service, nullif(incident, 0) AS incident, nullif(action, 0) AS action, kind, rung,
         verdict, result, nullif(guard, 'none') AS guard, text
    FROM records;

CREATE VIEW incident_list AS
  SELECT id, service,
         strftime('%Y-%m-%dT%H:%M:%fZ', opened_ms / 1000.0, 'unixepoch') AS opened,
         strftime('%Y-%m-%dT%H:%M:%fZ', closed_ms / 1000.0, 'unixepoch') AS closed,
         closing, relapses, symptom, nullif(root, 0) AS root,
         (SELECT count(*) FROM actions WHERE actions.incident = incidents.id) AS actions
    FROM incidents;

CREATE VIEW action_list AS
  SELECT id, service, nullif(incident, 0) AS incident, kind, rung, cause,
         strftime('%Y-%m-%dT%H:%M:%fZ', intended_ms / 1000.0, 'unixepoch') AS intended,
         strftime('%Y-%m-%dT%H:%M:%fZ', finished_ms / 1000.0, 'unixepoch') AS finished,
         result, evidence, nullif(withheld, '') AS withheld, verdict, proof
    FROM actions;

CREATE VIEW event_list AS
  SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS time,
         kind, service, payload
    FROM events;
)sql";

/// Tables, indexes and views, each with what it is made of. A table that was upgraded has the same
/// columns, but not the same text.
std::map<std::string, std::string> shapes(Database& database) {
  std::map<std::string, std::string> shapes;
  Statement select{database,
                   "SELECT type || ' ' || name, CASE type WHEN 'table' THEN "
                   "(SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || pk) "
                   "FROM pragma_table_info(sqlite_master.name)) ELSE sql END "
                   "FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'"};
  Rows rows = select.rows();
  while (rows.next()) shapes[rows.text(0)] = rows.text(1);
  return shapes;
}

}  // namespace

void create_schema(Database& database) {
  // Neither takes effect once there are tables, nor inside a transaction.
  database.run("PRAGMA auto_vacuum = INCREMENTAL");
  database.run("PRAGMA journal_mode = WAL");
  Transaction transaction{database};
  database.run(tables);
  database.run(replay_tables);
  database.run(message_table);
  database.run(views);
  database.run("INSERT INTO meta VALUES ('folder', lower(hex(randomblob(16))))");
  database.run("INSERT INTO meta VALUES ('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
  database.run("PRAGMA application_id = " + std::to_string(journal_application));
  database.run("PRAGMA user_version = " + std::to_string(journal_format));
  transaction.commit();
}

void upgrade_schema(Database& database) {
  Transaction transaction{database};
  database.run(upgrade_from_1);
  database.run(replay_tables);
  database.run(message_table);
  database.run("PRAGMA user_version = " + std::to_string(journal_format));
  transaction.commit();
}

std::string schema_difference(Database& database) {
  Database model{":memory:", Database::Access::create};
  create_schema(model);
  const auto found = shapes(database);
  for (const auto& [name, shape] : shapes(model)) {
    const auto same = found.find(name);
    if (same == found.end() || same->second != shape) return name;
  }
  return {};
}

void configure_writer(Database& database) {
  database.run("PRAGMA synchronous = FULL");
  database.run("PRAGMA foreign_keys = ON");
  // Checkpoints are made after the callbacks, so that no intent waits for one.
  database.run("PRAGMA wal_autocheckpoint = 0");
  database.count_log_pages();
  database.run("PRAGMA journal_size_limit = 4194304");
  // The journal is written, hardly read: a large page cache would only be resident memory.
  database.run("PRAGMA cache_size = -512");
}

}  // namespace heald
