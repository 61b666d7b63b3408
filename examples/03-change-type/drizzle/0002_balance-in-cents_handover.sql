-- expand-contract: change=balance-in-cents step=handover
-- expand-contract: declaration={"kind":"change-columns","schema":"public","table":"accounts","old":["balance"],"new":["balance_cents"],"transform":{"forward":[["CAST(",0," * 100 AS bigint)"]],"backward":[["CAST(",0," / 100.0 AS numeric(12, 2))"]],"mayRaise":true}}
--
-- Gives "balance_cents" the constraints that the schema declares, now that all rows are filled.
-- Runs when all reads are on the new column; `expand-contract migrate` defers it until then.

-- Refuses NULL from now on and reads no row. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."accounts" ADD CONSTRAINT "~ec_balance_cents_not_null" CHECK ("balance_cents" IS NOT NULL) NOT VALID;
--> statement-breakpoint
-- Reads the table once. SHARE UPDATE EXCLUSIVE: reads and writes go on.
ALTER TABLE "public"."accounts" VALIDATE CONSTRAINT "~ec_balance_cents_not_null";
--> statement-breakpoint
-- The valid check is proof enough, so no row is read again. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."accounts" ALTER COLUMN "balance_cents" SET NOT NULL;

ALTER TABLE "public"."accounts" DROP CONSTRAINT "~ec_balance_cents_not_null";
