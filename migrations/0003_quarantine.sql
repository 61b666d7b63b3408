CREATE TABLE "expand_contract"."quarantine" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "expand_contract"."quarantine_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"key" jsonb NOT NULL,
	"reason" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "quarantine_of_change" ON "expand_contract"."quarantine" USING btree ("scope","change_id","key","number");