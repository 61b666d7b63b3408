-- expand-contract: change=user-full-name step=handover
-- expand-contract: declaration={"kind":"rename-column","schema":"public","table":"users","old":["name"],"new":["full_name"]}
--
-- Gives "full_name" the constraints that the schema declares, now that all rows are filled.
-- Runs when all reads are on the new column; `expand-contract migrate` defers it until then.

-- Refuses NULL from now on and reads no row. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."users" ADD CONSTRAINT "~ec_full_name_not_null" CHECK ("full_name" IS NOT NULL) NOT VALID;
--> statement-breakpoint
-- Reads the table once. SHARE UPDATE EXCLUSIVE: reads and writes go on.
ALTER TABLE "public"."users" VALIDATE CONSTRAINT "~ec_full_name_not_null";
--> statement-breakpoint
-- The valid check is proof enough, so no row is read again. ACCESS EXCLUSIVE, for an instant.
ALTER TABLE "public"."users" ALTER COLUMN "full_name" SET NOT NULL;

ALTER TABLE "public"."users" DROP CONSTRAINT "~ec_full_name_not_null";
