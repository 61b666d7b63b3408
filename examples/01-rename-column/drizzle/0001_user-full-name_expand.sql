-- expand-contract: change=user-full-name step=expand
-- expand-contract: declaration={"kind":"rename-column","schema":"public","table":"users","old":["name"],"new":["full_name"]}
--
-- Adds "full_name" beside "name"; from then on a trigger keeps both the same.
-- Runs at once, with the next `expand-contract migrate`. Releases that know the old column only keep working.

-- No rewrite and no scan: the column starts empty, without NOT NULL and DEFAULT, so that old releases may leave it
-- out. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "users" ADD COLUMN "full_name" text;

-- The sync trigger, in the transaction of the column: no write passes it by. SHARE ROW EXCLUSIVE: waits for open
-- writers; reads go on.
CREATE SCHEMA IF NOT EXISTS "expand_contract";

CREATE OR REPLACE FUNCTION "expand_contract"."sync_user-full-name"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sync$
DECLARE
  mode CONSTANT text := TG_ARGV[0];
  old_written boolean;
  new_written boolean;
  side text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    old_written := NEW."name" IS DISTINCT FROM NULL;
    new_written := NEW."full_name" IS DISTINCT FROM NULL;
  ELSIF TG_ARGV[1] = 'named' THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := (OLD."name") COLLATE "C" IS DISTINCT FROM (NEW."name") COLLATE "C";
    new_written := (OLD."full_name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C";
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;

  IF old_written AND new_written THEN
    side := 'both';
    IF mode = 'old' THEN NEW."full_name" := NEW."name"; ELSE NEW."name" := NEW."full_name"; END IF;
  ELSIF old_written THEN
    side := 'old';
    IF mode IN ('new', 'fence') THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "name" of table "public"."users" has been replaced by column "full_name" and may no longer be written. Write "full_name" instead.', HINT = 'Change "user-full-name" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'users', COLUMN = 'name';
    END IF;
    NEW."full_name" := NEW."name";
  ELSE
    side := 'new';
    IF mode = 'old' THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "full_name" of table "public"."users" may not be written on its own yet: column "name" holds the truth. Write "name", or both with the same value.', HINT = 'Change "user-full-name" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'users', COLUMN = 'full_name';
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    NEW."name" := NEW."full_name";
  END IF;

  IF coalesce(current_setting('expand_contract.unaware_user_full_name', true), '') COLLATE "C"
    < (extract(epoch FROM clock_timestamp()) * 1000 - 2000)::bigint::text COLLATE "C" THEN
    PERFORM set_config('expand_contract.unaware_user_full_name', (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text, false);
    IF to_regclass('expand_contract.unaware_writers') IS NOT NULL THEN
      BEGIN
        LOCK TABLE expand_contract.changes IN ACCESS SHARE MODE NOWAIT;
        LOCK TABLE expand_contract.unaware_writers IN ROW EXCLUSIVE MODE NOWAIT;
        INSERT INTO expand_contract.unaware_writers
          (scope, change_id, at, side, operation, role, application, client, pid)
        SELECT change.scope, change.id, clock_timestamp(), side, TG_OP, session_user,
          current_setting('application_name'), inet_client_addr(), pg_backend_pid()
        FROM expand_contract.changes AS change
        WHERE change.scope = 'default' AND change.id = 'user-full-name'
          AND (change.phase IN ('dual-write', 'read-switch', 'read-new')
            OR change.phase IN ('new-only', 'contracted') AND side <> 'new');
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END IF;
  END IF;
  RETURN NEW;
END$sync$;

REVOKE ALL ON FUNCTION "expand_contract"."sync_user-full-name"() FROM PUBLIC;

DO $grant$BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', '"expand_contract"."sync_user-full-name"()',
    (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = '"public"."users"'::regclass));
END$grant$;

CREATE OR REPLACE TRIGGER "~ec_user-full-name_i" BEFORE INSERT ON "public"."users" FOR EACH ROW
WHEN ((NEW."name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C")
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('old');

CREATE OR REPLACE TRIGGER "~ec_user-full-name_u" BEFORE UPDATE ON "public"."users" FOR EACH ROW
WHEN ((NEW."name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C")
EXECUTE FUNCTION "expand_contract"."sync_user-full-name"('old');

ALTER TABLE "public"."users" ENABLE ALWAYS TRIGGER "~ec_user-full-name_i", ENABLE ALWAYS TRIGGER "~ec_user-full-name_u";
