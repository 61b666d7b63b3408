-- expand-contract: change=user-full-name step=drop
-- expand-contract: declaration={"kind":"rename-column","schema":"public","table":"users","old":["name"],"new":["full_name"]}
--
-- Drops "~ec_retired_name", once "name", and the trigger. Cannot be undone.
-- Runs when the retired column has gone unused for the soak; `expand-contract migrate` defers it until then.

-- Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes
-- on.
DO $gate$
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = 'default' AND id = 'user-full-name' AND (phase <> 'contracted' OR retired_at IS NULL OR now() < retired_at + soak_ms * interval '1 millisecond')) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "user-full-name": the drop step may not run, because its old column has not been retired for as long as its soak asks. Nothing was changed.',
        HINT = 'Use "npx expand-contract migrate", which defers the step, and "npx expand-contract next".';
    END IF;
  END IF;
END$gate$;

-- Trigger and column leave together. ACCESS EXCLUSIVE, for an instant.
DROP TRIGGER IF EXISTS "~ec_user-full-name_i" ON "public"."users";

DROP TRIGGER IF EXISTS "~ec_user-full-name_u" ON "public"."users";

DROP TRIGGER IF EXISTS "~ec_user-full-name_n" ON "public"."users";

DROP TRIGGER IF EXISTS "~ec_user-full-name_d" ON "public"."users";

DROP FUNCTION IF EXISTS "expand_contract"."sync_user-full-name"();

DROP FUNCTION IF EXISTS "expand_contract"."default_user-full-name"();

-- Catalog only: no row is rewritten. Indexes and constraints of the column leave with it.
ALTER TABLE "public"."users" DROP COLUMN "~ec_retired_name";
