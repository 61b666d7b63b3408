-- expand-contract: change=balance-in-cents step=drop
-- expand-contract: declaration={"kind":"change-columns","schema":"public","table":"accounts","old":["balance"],"new":["balance_cents"],"transform":{"forward":[["CAST(",0," * 100 AS bigint)"]],"backward":[["CAST(",0," / 100.0 AS numeric(12, 2))"]],"mayRaise":true}}
--
-- Drops "~ec_retired_balance", once "balance", and the trigger. Cannot be undone.
-- Runs when the retired column has gone unused for the soak; `expand-contract migrate` defers it until then.

-- Stops here while the gate is closed, whoever runs this file. Without control tables (a fresh database) it goes
-- on.
DO $gate$
BEGIN
  IF to_regclass('expand_contract.changes') IS NOT NULL THEN
    IF EXISTS (SELECT FROM expand_contract.changes
                WHERE scope = 'default' AND id = 'balance-in-cents' AND (phase <> 'contracted' OR retired_at IS NULL OR now() < retired_at + soak_ms * interval '1 millisecond')) THEN
      RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'Change "balance-in-cents": the drop step may not run, because its old column has not been retired for as long as its soak asks. Nothing was changed.',
        HINT = 'Use "npx expand-contract migrate", which defers the step, and "npx expand-contract next".';
    END IF;
  END IF;
END$gate$;

-- Trigger and column leave together. ACCESS EXCLUSIVE, for an instant.
DROP TRIGGER IF EXISTS "~ec_balance-in-cents_i" ON "public"."accounts";

DROP TRIGGER IF EXISTS "~ec_balance-in-cents_u" ON "public"."accounts";

DROP TRIGGER IF EXISTS "~ec_balance-in-cents_n" ON "public"."accounts";

DROP TRIGGER IF EXISTS "~ec_balance-in-cents_d" ON "public"."accounts";

DROP FUNCTION IF EXISTS "expand_contract"."sync_balance-in-cents"();

DROP FUNCTION IF EXISTS "expand_contract"."default_balance-in-cents"();

DROP FUNCTION IF EXISTS "expand_contract"."quarantine_balance-in-cents";

-- Nothing computes with the transform any more. Locks no table.
DROP FUNCTION IF EXISTS "expand_contract"."forward1_balance-in-cents";

DROP FUNCTION IF EXISTS "expand_contract"."backward1_balance-in-cents";

DROP FUNCTION IF EXISTS "expand_contract"."verdict_forward_balance-in-cents";

DROP FUNCTION IF EXISTS "expand_contract"."verdict_backward_balance-in-cents";

-- Catalog only: no row is rewritten. Indexes and constraints of the column leave with it.
ALTER TABLE "public"."accounts" DROP COLUMN "~ec_retired_balance";

-- Until now the default would have hidden from the trigger what a writer had left out. Catalog only.
ALTER TABLE "accounts" ALTER COLUMN "balance_cents" SET DEFAULT 0;
