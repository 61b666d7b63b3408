-- expand-contract: change=user-full-name step=retire
-- expand-contract: declaration={"kind":"rename-column","schema":"public","table":"users","old":["name"],"new":["full_name"]}
--
-- Renames "name" to "~ec_retired_name". Nothing is lost: the rename can be undone.
-- Runs when nobody uses the old column any more; `expand-contract migrate` defers it until then.

-- Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes
-- on.
DO $gate$
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = 'default' AND id = 'user-full-name' AND (phase <> 'contracted')) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "user-full-name": the retire step may not run, because it is not contracted yet. Nothing was changed.',
        HINT = 'Use "npx expand-contract migrate", which defers the step, and "npx expand-contract next".';
    END IF;
  END IF;
END$gate$;

-- Stops here where a database in use has been given all steps at once, before any row was filled.
DO $filled$
DECLARE
  recorded boolean := false;
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    recorded := EXISTS (SELECT FROM expand_contract.changes
                         WHERE scope = 'default' AND id = 'user-full-name');
  END IF;
  IF NOT recorded AND EXISTS (SELECT FROM "public"."users" WHERE ("full_name") COLLATE "C" IS DISTINCT FROM ("name") COLLATE "C") THEN
    RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "user-full-name": the retire step may not run, because rows of table "public"."users" have not been filled. Nothing was changed.',
      HINT = 'Use "npx expand-contract migrate", which defers the step until the rows are filled.';
  END IF;
END$filled$;

-- Rename and trigger together. Catalog only; ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."users" RENAME COLUMN "name" TO "~ec_retired_name";

CREATE OR REPLACE FUNCTION "expand_contract"."sync_user-full-name"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sync$
DECLARE
  mode CONSTANT text := TG_ARGV[0];
  old_written boolean;
  new_written boolean;
  side text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    old_written := NEW."~ec_retired_name" IS DISTINCT FROM NULL;
    new_written := NEW."full_name" IS DISTINCT FROM NULL;
  ELSIF TG_ARGV[1] = 'named' THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := (OLD."~ec_retired_name") COLLATE "C" IS DISTINCT FROM (NEW."~ec_retired_name") COLLATE "C";
    new_written := (OLD."full_name") COLLATE "C" IS DISTINCT FROM (NEW."full_name") COLLATE "C";
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;

  IF old_written AND new_written THEN
    side := 'both';
    IF mode = 'old' THEN NEW."full_name" := NEW."~ec_retired_name"; ELSE NEW."~ec_retired_name" := NEW."full_name"; END IF;
  ELSIF old_written THEN
    side := 'old';
    IF mode IN ('new', 'fence') THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "~ec_retired_name" of table "public"."users" has been replaced by column "full_name" and may no longer be written. Write "full_name" instead.', HINT = 'Change "user-full-name" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'users', COLUMN = '~ec_retired_name';
    END IF;
    NEW."full_name" := NEW."~ec_retired_name";
  ELSE
    side := 'new';
    IF mode = 'old' THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "full_name" of table "public"."users" may not be written on its own yet: column "~ec_retired_name" holds the truth. Write "~ec_retired_name", or both with the same value.', HINT = 'Change "user-full-name" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'users', COLUMN = 'full_name';
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    NEW."~ec_retired_name" := NEW."full_name";
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

DO $rename$BEGIN
  IF to_regprocedure('"expand_contract"."default_user-full-name"()') IS NOT NULL THEN
    EXECUTE replace(pg_get_functiondef(to_regprocedure('"expand_contract"."default_user-full-name"()')), 'NEW."name"', 'NEW."~ec_retired_name"');
  END IF;
END$rename$;
