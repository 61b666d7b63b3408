-- expand-contract: change=balance-in-cents step=expand
-- expand-contract: declaration={"kind":"change-columns","schema":"public","table":"accounts","old":["balance"],"new":["balance_cents"],"transform":{"forward":[["CAST(",0," * 100 AS bigint)"]],"backward":[["CAST(",0," / 100.0 AS numeric(12, 2))"]],"mayRaise":true}}
--
-- Adds "balance_cents" beside "balance"; from then on a trigger keeps both in agreement.
-- Runs at once, with the next `expand-contract migrate`. Releases that know the old column only keep working.

-- No rewrite and no scan: the column starts empty, without NOT NULL and DEFAULT, so that old releases may leave it
-- out. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "accounts" ADD COLUMN "balance_cents" bigint;

-- The transform, once for the trigger, the backfill and the verification. Locks no table.
CREATE SCHEMA IF NOT EXISTS "expand_contract";

CREATE OR REPLACE FUNCTION "expand_contract"."forward1_balance-in-cents"(numeric)
RETURNS bigint LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CAST(($1) * 100 AS bigint);
END;

CREATE OR REPLACE FUNCTION "expand_contract"."backward1_balance-in-cents"(bigint)
RETURNS numeric LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT CAST(($1) / 100.0 AS numeric(12, 2));
END;

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
  made1 "public"."accounts"."balance"%TYPE;
  making text;
  verdict text := '';
BEGIN
  BEGIN
    making := 'balance'; made1 := "expand_contract"."backward1_balance-in-cents"($2);
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

GRANT EXECUTE ON FUNCTION "expand_contract"."forward1_balance-in-cents", "expand_contract"."backward1_balance-in-cents", "expand_contract"."verdict_forward_balance-in-cents", "expand_contract"."verdict_backward_balance-in-cents" TO PUBLIC;

-- The default moves into the trigger, which gives it to both columns; old releases see no difference. Catalog only.
ALTER TABLE "public"."accounts" ALTER COLUMN "balance" DROP DEFAULT;

-- The sync trigger, in the transaction of the column: no write passes it by. SHARE ROW EXCLUSIVE: waits for open
-- writers; reads go on.
CREATE SCHEMA IF NOT EXISTS "expand_contract";

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
    old_written := NEW."balance" IS DISTINCT FROM NULL;
    new_written := NEW."balance_cents" IS DISTINCT FROM NULL;
  ELSIF 'named' = ANY (TG_ARGV) THEN
    old_written := true;
    new_written := false;
  ELSE
    old_written := ROW(OLD."balance")::record OPERATOR(pg_catalog.*<>) ROW(NEW."balance")::record;
    new_written := (OLD."balance_cents") IS DISTINCT FROM (NEW."balance_cents");
    IF NOT old_written AND NOT new_written THEN
      RETURN NEW; -- not filled yet, and none of this statement's business
    END IF;
  END IF;

  IF old_written AND new_written THEN
    IF ((mode <> 'old' OR NEW."balance_cents" IS DISTINCT FROM NULL) AND NOT (ROW(NEW."balance")::record OPERATOR(pg_catalog.*<>) ROW("expand_contract"."backward1_balance-in-cents"(NEW."balance_cents"))::record)) THEN
      RETURN NEW;
    END IF;
  END IF;
  BEGIN
    making := 'balance_cents'; made1 := "expand_contract"."forward1_balance-in-cents"(NEW."balance");
    IF NOT ((NEW."balance_cents") IS DISTINCT FROM (made1)) THEN
      RETURN NEW;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    rejected := SQLSTATE;
  END;
  BEGIN
    IF ((mode <> 'old' OR NEW."balance_cents" IS DISTINCT FROM NULL) AND NOT (ROW(NEW."balance")::record OPERATOR(pg_catalog.*<>) ROW("expand_contract"."backward1_balance-in-cents"(NEW."balance_cents"))::record)) THEN
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
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "balance" of table "public"."accounts" has been replaced by column "balance_cents" and may no longer be written. Write "balance_cents" instead.', HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = 'balance';
    END IF;
    winner := 'old';
  ELSIF NOT new_written THEN
    IF mode = 'old' THEN winner := 'old'; ELSE winner := 'new'; END IF;
  ELSE
    side := 'new';
    IF mode = 'old' THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Column "balance_cents" of table "public"."accounts" may not be written on its own yet: column "balance" holds the truth. Write "balance", or both with the same value.', HINT = 'Change "balance-in-cents" of drizzle-expand-contract is under way here; "npx expand-contract status" says where it is.',
        SCHEMA = 'public', TABLE = 'accounts', COLUMN = 'balance_cents';
    END IF;
    IF mode IN ('forward', 'fence') THEN
      RETURN NEW; -- copy-back is off
    END IF;
    winner := 'new';
  END IF;
  IF winner = 'new' THEN
    BEGIN
      making := 'balance'; NEW."balance" := "expand_contract"."backward1_balance-in-cents"(NEW."balance_cents");
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

CREATE OR REPLACE FUNCTION "expand_contract"."default_balance-in-cents"() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $default$
BEGIN
  NEW."balance" := '0';
  BEGIN
  NEW."balance_cents" := CAST((NEW."balance") * 100 AS bigint);
  EXCEPTION WHEN OTHERS THEN
  NEW."balance_cents" := NULL;
  END;
  RETURN NEW;
END$default$;

CREATE OR REPLACE TRIGGER "~ec_balance-in-cents_d" BEFORE INSERT ON "public"."accounts" FOR EACH ROW
WHEN (NEW."balance" IS NOT DISTINCT FROM NULL AND NEW."balance_cents" IS NOT DISTINCT FROM NULL)
EXECUTE FUNCTION "expand_contract"."default_balance-in-cents"();

ALTER TABLE "public"."accounts" ENABLE ALWAYS TRIGGER "~ec_balance-in-cents_d";

CREATE OR REPLACE TRIGGER "~ec_balance-in-cents_i" BEFORE INSERT ON "public"."accounts" FOR EACH ROW
EXECUTE FUNCTION "expand_contract"."sync_balance-in-cents"('old', 'lenient');

CREATE OR REPLACE TRIGGER "~ec_balance-in-cents_u" BEFORE UPDATE ON "public"."accounts" FOR EACH ROW
WHEN ((ROW(OLD."balance")::record OPERATOR(pg_catalog.*<>) ROW(NEW."balance")::record OR (OLD."balance_cents") IS DISTINCT FROM (NEW."balance_cents")))
EXECUTE FUNCTION "expand_contract"."sync_balance-in-cents"('old', 'lenient');

ALTER TABLE "public"."accounts" ENABLE ALWAYS TRIGGER "~ec_balance-in-cents_i", ENABLE ALWAYS TRIGGER "~ec_balance-in-cents_u";
