-- expand-contract: change=balance-in-cents step=retire
-- expand-contract: declaration={"kind":"change-columns","schema":"public","table":"accounts","old":["balance"],"new":["balance_cents"],"transform":{"forward":[["CAST(",0," * 100 AS bigint)"]],"backward":[["CAST(",0," / 100.0 AS numeric(12, 2))"]],"mayRaise":true}}
--
-- Renames "balance" to "~ec_retired_balance". Nothing is lost: the rename can be undone.
-- Runs when nobody uses the old column any more; `expand-contract migrate` defers it until then.

-- Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes
-- on.
DO $gate$
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = 'default' AND id = 'balance-in-cents' AND (phase <> 'contracted')) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "balance-in-cents": the retire step may not run, because it is not contracted yet. Nothing was changed.',
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
                         WHERE scope = 'default' AND id = 'balance-in-cents');
  END IF;
  IF NOT recorded AND EXISTS (SELECT FROM "public"."accounts" WHERE "expand_contract"."verdict_forward_balance-in-cents"("balance", "balance_cents") IS NOT NULL) THEN
    RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "balance-in-cents": the retire step may not run, because rows of table "public"."accounts" have not been filled. Nothing was changed.',
      HINT = 'Use "npx expand-contract migrate", which defers the step until the rows are filled.';
  END IF;
END$filled$;

-- Rename and trigger together. Catalog only; ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."accounts" RENAME COLUMN "balance" TO "~ec_retired_balance";

CREATE OR REPLACE FUNCTION "expand_contract"."verdict_forward_balance-in-cents"(numeric, bigint)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $verdict$
DECLARE
  made1 "public"."accounts"."balance_cents"%TYPE;
  making text;
  verdict text := '';
BEGIN
  BEGIN
    making := 'balance_cents'; made1 := "expand_contract"."forward1_balance-in-cents"($1);
    IF NOT (($2) IS DISTINCT FROM (made1)) THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    verdict := SQLSTATE || ' ' || making;
  END;
  BEGIN
    IF ($2 IS DISTINCT FROM NULL AND NOT (ROW($1)::record OPERATOR(pg_catalog.*<>) ROW("expand_contract"."backward1_balance-in-cents"($2))::record)) THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL; -- rejected in the other direction as well
  END;
  RETURN verdict;
END$verdict$;

CREATE OR REPLACE FUNCTION "expand_contract"."verdict_backward_balance-in-cents"(numeric, bigint)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $verdict$
DECLARE
  made1 "public"."accounts"."~ec_retired_balance"%TYPE;
  making text;
  verdict text := '';
BEGIN
  BEGIN
    making := '~ec_retired_balance'; made1 := "expand_contract"."backward1_balance-in-cents"($2);
    IF NOT (ROW($1)::record OPERATOR(pg_catalog.*<>) ROW(made1)::record) THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    verdict := SQLSTATE || ' ' || making;
  END;
  BEGIN
    IF NOT (($2) IS DISTINCT FROM ("expand_contract"."forward1_balance-in-cents"($1))) THEN
      RETURN NULL;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL; -- rejected in the other direction as well
  END;
  RETURN verdict;
END$verdict$;

CREATE OR REPLACE FUNCTION "expand_contract"."quarantine_balance-in-cents"("public"."accounts"."id"%TYPE, text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET extra_float_digits = 1 AS $quarantine$
BEGIN
  IF to_regclass('expand_contract.quarantine') IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO expand_contract.quarantine (scope, change_id, key, reason, since)
  VALUES ('default', 'balance-in-cents', jsonb_build_array($1::text), $2, clock_timestamp());
END$quarantine$;

CREATE OR REPLACE FUNCTION "expand_contract"."sync_balance-in-cents"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $sync$
DECLARE
  mode CONSTANT text := TG_ARGV[0];
  old_written boolean;
  new_written boolean;
  side text;
  lenient CONSTANT boolean := 'lenient' = ANY (TG_ARGV);
  made1 "public"."accounts"."balance_cents"%TYPE;
  winner text;
  making text; -- the column for which a value is made
  rejected text; -- the SQLSTATE with which the transform rejects what is to be copied
BEGIN
  IF TG_OP = 'INSERT' THEN
    old_written := NEW."~ec_retired_balance" IS DISTINCT FROM NULL;
    new_written := NEW."balance_cents" IS DISTINCT FROM NULL;
  ELSIF 'named' = ANY (TG_ARGV) THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := ROW(OLD."~ec_retired_balance")::record OPERATOR(pg_catalog.*<>) ROW(NEW."~ec_retired_balance")::record;
    new_written := (OLD."balance_cents") IS DISTINCT FROM (NEW."balance_cents");
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;

  IF old_written AND new_written THEN
    IF ((mode <> 'old' OR NEW."balance_cents" IS DISTINCT FROM NULL) AND NOT (ROW(NEW."~ec_retired_balance")::record OPERATOR(pg_catalog.*<>) ROW("expand_contract"."backward1_balance-in-cents"(NEW."balance_cents"))::record)) THEN
      RETURN NEW;
    END IF;
  END IF;
  BEGIN
    making := 'balance_cents'; made1 := "expand_contract"."forward1_balance-in-cents"(NEW."~ec_retired_balance");
    IF NOT ((NEW."balance_cents") IS DISTINCT FROM (made1)) THEN
      RETURN NEW;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    rejected := SQLSTATE;
  END;
  BEGIN
    IF ((mode <> 'old' OR NEW."balance_cents" IS DISTINCT FROM NULL) AND NOT (ROW(NEW."~ec_retired_balance")::record OPERATOR(pg_catalog.*<>) ROW("expand_contract"."backward1_balance-in-cents"(NEW."balance_cents"))::record)) THEN
      RETURN NEW;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;

  IF old_written AND new_written THEN
    side := 'both';
    IF mode = 'old' THEN winner := 'old'; ELSE winner := 'new'; END IF;
  ELSIF old_written THEN
    side := 'old';
    IF mode IN ('new', 'fence') THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "~ec_retired_balance" of table "public"."accounts" has been replaced by column "balance_cents" and may no longer be written. Write "balance_cents" instead.', HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = '~ec_retired_balance';
    END IF;
    winner := 'old';
  ELSIF NOT new_written THEN
    IF mode = 'old' THEN winner := 'old'; ELSE winner := 'new'; END IF;
  ELSE
    side := 'new';
    IF mode = 'old' THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "balance_cents" of table "public"."accounts" may not be written on its own yet: column "~ec_retired_balance" holds the truth. Write "~ec_retired_balance", or both with the same value.', HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = 'balance_cents';
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    winner := 'new';
  END IF;
  IF winner = 'new' THEN
    BEGIN
      making := '~ec_retired_balance'; NEW."~ec_retired_balance" := "expand_contract"."backward1_balance-in-cents"(NEW."balance_cents");
    EXCEPTION WHEN OTHERS THEN
      rejected := SQLSTATE;
      RAISE EXCEPTION USING ERRCODE = rejected, MESSAGE = format('Change "balance-in-cents" cannot make column %I of table "public"."accounts" from the value that is written.', making), HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = making;
    END;
  ELSIF rejected IS NULL THEN
    NEW."balance_cents" := made1;
  ELSIF lenient THEN
    NEW."balance_cents" := NULL;
    PERFORM "expand_contract"."quarantine_balance-in-cents"(NEW."id", rejected || ' ' || making);
  ELSE
    RAISE EXCEPTION USING ERRCODE = rejected, MESSAGE = format('Change "balance-in-cents" cannot make column %I of table "public"."accounts" from the value that is written.', making), HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = making;
  END IF;

  IF old_written OR new_written THEN
  IF coalesce(current_setting('expand_contract.unaware_balance_in_cents', true), '') COLLATE "C"
    < (extract(epoch FROM clock_timestamp()) * 1000 - 2000)::bigint::text COLLATE "C" THEN
    PERFORM set_config('expand_contract.unaware_balance_in_cents', (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text, false);
    IF to_regclass('expand_contract.unaware_writers') IS NOT NULL THEN
      BEGIN
        LOCK TABLE expand_contract.changes IN ACCESS SHARE MODE NOWAIT;
        LOCK TABLE expand_contract.unaware_writers IN ROW EXCLUSIVE MODE NOWAIT;
        INSERT INTO expand_contract.unaware_writers
          (scope, change_id, at, side, operation, role, application, client, pid)
        SELECT change.scope, change.id, clock_timestamp(), side, TG_OP, session_user,
          current_setting('application_name'), inet_client_addr(), pg_backend_pid()
        FROM expand_contract.changes AS change
        WHERE change.scope = 'default' AND change.id = 'balance-in-cents'
          AND (change.phase IN ('dual-write', 'read-switch', 'read-new')
            OR change.phase IN ('new-only', 'contracted') AND side <> 'new');
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END IF;
  END IF;
  END IF;
  RETURN NEW;
END$sync$;

REVOKE ALL ON FUNCTION "expand_contract"."sync_balance-in-cents"() FROM PUBLIC;

DO $grant$BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', '"expand_contract"."sync_balance-in-cents"()',
    (SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = '"public"."accounts"'::regclass));
END$grant$;

DO $rename$BEGIN
  IF to_regprocedure('"expand_contract"."default_balance-in-cents"()') IS NOT NULL THEN
    EXECUTE replace(pg_get_functiondef(to_regprocedure('"expand_contract"."default_balance-in-cents"()')), 'NEW."balance"', 'NEW."~ec_retired_balance"');
  END IF;
END$rename$;
