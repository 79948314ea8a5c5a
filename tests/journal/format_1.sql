-- A journal of format 1 as heald wrote it before the daemon's state had `storm_let`: incident 1 of web is
-- open and latched, an operator stopped idle.
PRAGMA application_id = 0x6865616c;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
INSERT INTO "actions" VALUES(1,1,0,'web','restart','restart','ladder',1795567878518,17444504117240,1795567878520,'failed','restart of web exited with status 1','',1795567878521,'not_healed','''answers'' still failed after failed: restart of web exited with status 1');
INSERT INTO "actions" VALUES(2,0,1,'idle','stop','stop','operation',1795567878573,17444559100890,1795567878575,'done','stop of idle exited with status 0','',NULL,NULL,'');
CREATE TABLE daemon(
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
) STRICT;
INSERT INTO "daemon" VALUES(1,'{"now":17444559100890,"next_incident":2,"next_action":3,"spent":[17444504117240],"freeze":null,"storm_until":{},"confirmation_wanted":false}');
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
INSERT INTO "events" VALUES(1,1795567877578,17443564121119,1,'7e26e3347bb6','policy_loaded',NULL,NULL,'{"revision":"7e26e3347bb6"}');
INSERT INTO "events" VALUES(2,1795567877578,17443564194679,1,'7e26e3347bb6','adoption_finished',NULL,NULL,'{}');
INSERT INTO "events" VALUES(3,1795567877999,17443984943131,1,'7e26e3347bb6','observation',1,'idle','{"service":1,"probe":0,"run":1,"outcome":"pass","answered":true,"begun":17443982077006,"took":862309,"evidence":""}');
INSERT INTO "events" VALUES(4,1795567878016,17444001917948,1,'7e26e3347bb6','observation',0,'web','{"service":0,"probe":0,"run":2,"outcome":"fail","answered":true,"begun":17444000624359,"took":1236055,"evidence":"exited with status 1"}');
INSERT INTO "events" VALUES(5,1795567878518,17444504117240,1,'7e26e3347bb6','observation',0,'web','{"service":0,"probe":0,"run":4,"outcome":"fail","answered":true,"begun":17444500693304,"took":3388403,"evidence":"exited with status 1"}');
INSERT INTO "events" VALUES(6,1795567878520,17444505973992,1,'7e26e3347bb6','action_finished',NULL,NULL,'{"action":1,"result":"failed","pid":null,"evidence":"restart of web exited with status 1","generation":0}');
INSERT INTO "events" VALUES(7,1795567878521,17444506947344,1,'7e26e3347bb6','observation',0,'web','{"service":0,"probe":0,"run":5,"outcome":"fail","answered":true,"begun":17444505973992,"took":676509,"evidence":"exited with status 1"}');
INSERT INTO "events" VALUES(8,1795567878573,17444559100890,1,'7e26e3347bb6','operated',1,'idle','{"operation":"stop","service":1,"dependents":"refuse","lasting":null,"by":"root (uid 0)","reason":""}');
INSERT INTO "events" VALUES(9,1795567878575,17444560683939,1,'7e26e3347bb6','action_finished',NULL,NULL,'{"action":2,"result":"done","pid":null,"evidence":"stop of idle exited with status 0","generation":0}');
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
INSERT INTO "incidents" VALUES(1,0,0,'web',1795567878015,1795567878518,17444504117240,NULL,NULL,'open',0,'''answers'' failed: exited with status 1');
CREATE TABLE latest(
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  wall_ms     INTEGER NOT NULL,
  at_ns       INTEGER NOT NULL,
  boottime_ns INTEGER NOT NULL,
  boot_id     TEXT NOT NULL,
  rules       TEXT NOT NULL
) STRICT;
INSERT INTO "latest" VALUES(1,1795567878575,17444560683939,17444560700424,'5e3d1c6a-0000-4000-8000-000000000000','7e26e3347bb6');
CREATE TABLE meta(
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('created','2026-11-25T00:51:17Z');
INSERT INTO "meta" VALUES('folder','782b561da297afaf7e8d4dfd724f7726');
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
INSERT INTO "records" VALUES(1,1,1795567877578,17443564121119,'policy_loaded',NULL,NULL,0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'7e26e3347bb6',0);
INSERT INTO "records" VALUES(2,3,1795567877999,17443984943131,'condition_changed',1,'idle',0,0,'answers','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'pass',0);
INSERT INTO "records" VALUES(3,3,1795567877999,17443984943131,'health_changed',1,'idle',0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'healthy',0);
INSERT INTO "records" VALUES(4,5,1795567878518,17444504117240,'condition_changed',0,'web',0,0,'answers','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'fail: exited with status 1',0);
INSERT INTO "records" VALUES(5,5,1795567878518,17444504117240,'health_changed',0,'web',0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'unhealthy',503492881);
INSERT INTO "records" VALUES(6,5,1795567878518,17444504117240,'incident_opened',0,'web',1,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'''answers'' failed: exited with status 1',503492881);
INSERT INTO "records" VALUES(7,5,1795567878518,17444504117240,'action_intended',0,'web',1,1,'','restart','restart','ladder',NULL,NULL,NULL,'none','','','',NULL,'',0);
INSERT INTO "records" VALUES(8,6,1795567878520,17444505973992,'action_finished',0,'web',1,1,'','restart','restart','ladder',NULL,'failed',NULL,'none','','','',NULL,'restart of web exited with status 1',0);
INSERT INTO "records" VALUES(9,6,1795567878520,17444505973992,'health_changed',0,'web',1,1,'','restart','restart','ladder',NULL,NULL,NULL,'none','','','',NULL,'starting',0);
INSERT INTO "records" VALUES(10,7,1795567878521,17444506947344,'verdict',0,'web',1,1,'','restart','restart','ladder','not_healed',NULL,NULL,'none','','','',NULL,'''answers'' still failed after failed: restart of web exited with status 1',0);
INSERT INTO "records" VALUES(11,7,1795567878521,17444506947344,'condition_changed',0,'web',1,1,'answers','restart','restart','ladder',NULL,NULL,NULL,'none','','','',NULL,'fail: exited with status 1',0);
INSERT INTO "records" VALUES(12,7,1795567878521,17444506947344,'health_changed',0,'web',1,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'unhealthy',973352);
INSERT INTO "records" VALUES(13,7,1795567878521,17444506947344,'latched',0,'web',1,0,'','',NULL,NULL,NULL,NULL,NULL,'ladder','remediation','no rung is left','health, an operator, or other rules',NULL,'no rung is left',0);
INSERT INTO "records" VALUES(14,8,1795567878573,17444559100890,'operated',1,'idle',0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'stop by root (uid 0)',0);
INSERT INTO "records" VALUES(15,8,1795567878573,17444559100890,'desired_changed',1,'idle',0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'stopped: by root (uid 0)',0);
INSERT INTO "records" VALUES(16,8,1795567878573,17444559100890,'health_changed',1,'idle',0,0,'','',NULL,NULL,NULL,NULL,NULL,'none','','','',NULL,'unknown',0);
INSERT INTO "records" VALUES(17,8,1795567878573,17444559100890,'action_intended',1,'idle',0,2,'','stop','stop','operation',NULL,NULL,NULL,'none','','','',NULL,'',0);
INSERT INTO "records" VALUES(18,9,1795567878575,17444560683939,'action_finished',1,'idle',0,2,'','stop','stop','operation',NULL,'done',NULL,'none','','','',NULL,'stop of idle exited with status 0',0);
CREATE TABLE rules(
  revision      TEXT PRIMARY KEY,
  first_seen_ms INTEGER NOT NULL,
  text          TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "rules" VALUES('7e26e3347bb6',1795567877578,NULL);
CREATE TABLE snapshot_state(
  seq     INTEGER NOT NULL REFERENCES snapshots(seq) ON DELETE CASCADE,
  slot    INTEGER NOT NULL,
  service TEXT NOT NULL,
  state   TEXT NOT NULL,
  PRIMARY KEY (seq, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO "snapshot_state" VALUES(1,0,'web','{"name":"web","desired":"running","health":"unknown","activity":"idle","health_since":0,"activity_since":0,"hold":{"guard":"none","rule":"","value":"","wanted":"","until":null},"running":false,"generation":0,"pid":null,"started":0,"last_exit":null,"exits":[],"restarts":0,"conditions":[{"name":"answers","status":"unknown","fails":0,"passes":0,"changed":17443564121119,"failing_since":null,"unknown_since":null,"evidence":""}],"incident":null,"action":null,"verification":null,"spent":[],"pause":null,"pending":null,"restart_wanted":false,"reload_wanted":false}');
INSERT INTO "snapshot_state" VALUES(1,1,'idle','{"name":"idle","desired":"running","health":"unknown","activity":"idle","health_since":0,"activity_since":0,"hold":{"guard":"none","rule":"","value":"","wanted":"","until":null},"running":false,"generation":0,"pid":null,"started":0,"last_exit":null,"exits":[],"restarts":0,"conditions":[{"name":"answers","status":"unknown","fails":0,"passes":0,"changed":17443564121119,"failing_since":null,"unknown_since":null,"evidence":""}],"incident":null,"action":null,"verification":null,"spent":[],"pause":null,"pending":null,"restart_wanted":false,"reload_wanted":false}');
CREATE TABLE snapshots(
  seq     INTEGER PRIMARY KEY,
  wall_ms INTEGER NOT NULL,
  at_ns   INTEGER NOT NULL,
  rules   TEXT NOT NULL,
  daemon  TEXT
) STRICT;
INSERT INTO "snapshots" VALUES(1,1795567877578,17443564121119,'7e26e3347bb6','{"now":17443564121119,"next_incident":1,"next_action":1,"spent":[],"freeze":null,"storm_until":{},"confirmation_wanted":false}');
CREATE TABLE starts(
  start      INTEGER PRIMARY KEY,
  boot_id    TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  pid        INTEGER NOT NULL
) STRICT;
INSERT INTO "starts" VALUES(1,'5e3d1c6a-0000-4000-8000-000000000000',1795567877578,4711);
CREATE TABLE state(
  slot    INTEGER PRIMARY KEY,
  service TEXT NOT NULL UNIQUE,
  state   TEXT NOT NULL
) STRICT;
INSERT INTO "state" VALUES(0,'web','{"name":"web","desired":"running","health":"unhealthy","activity":"latched","health_since":17444506947344,"activity_since":17444506947344,"hold":{"guard":"ladder","rule":"remediation","value":"no rung is left","wanted":"health, an operator, or other rules","until":null},"running":false,"generation":0,"pid":null,"started":17444505973992,"last_exit":null,"exits":[],"restarts":1,"conditions":[{"name":"answers","status":"fail","fails":2,"passes":0,"changed":17444506947344,"failing_since":17444505973992,"unknown_since":null,"evidence":"exited with status 1"}],"incident":{"id":1,"root":0,"first_symptom":17444000624359,"opened":17444504117240,"closed":null,"closing":"open","relapses":0,"actions":1,"attempts":{"restart":1},"backoff_until":17445649267052,"last_told":17444506947344,"slow_retry_at":19244506947344,"observed":false,"notify_only":false,"last_verdict":"not_healed","symptom":"''answers'' failed: exited with status 1"},"action":null,"verification":null,"spent":[17444504117240],"pause":null,"pending":null,"restart_wanted":false,"reload_wanted":false}');
INSERT INTO "state" VALUES(1,'idle','{"name":"idle","desired":"stopped","health":"unknown","activity":"idle","health_since":17444559100890,"activity_since":17444560683939,"hold":{"guard":"none","rule":"","value":"","wanted":"","until":null},"running":false,"generation":0,"pid":null,"started":0,"last_exit":null,"exits":[],"restarts":0,"conditions":[{"name":"answers","status":"pass","fails":0,"passes":1,"changed":17443984943131,"failing_since":null,"unknown_since":null,"evidence":""}],"incident":null,"action":null,"verification":null,"spent":[],"pause":null,"pending":null,"restart_wanted":false,"reload_wanted":false}');
CREATE INDEX records_of_incident ON records(incident) WHERE incident > 0;
CREATE INDEX records_by_age ON records(at_ns);
CREATE INDEX records_of_service ON records(service);
CREATE INDEX incidents_of_service ON incidents(service);
CREATE INDEX incidents_by_age ON incidents(closed_ns);
CREATE INDEX incidents_open ON incidents(closing) WHERE closing = 'open';
CREATE INDEX actions_by_age ON actions(intended_ns);
CREATE INDEX actions_of_service ON actions(service);
CREATE INDEX actions_of_incident ON actions(incident) WHERE incident > 0;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',9);
INSERT INTO "sqlite_sequence" VALUES('records',18);
COMMIT;
