CREATE SCHEMA IF NOT EXISTS "expand_contract";
--> statement-breakpoint
CREATE TABLE "expand_contract"."backfills" (
	"run" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "expand_contract"."backfills_run_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"direction" text NOT NULL,
	"state" text NOT NULL,
	"sync_since" bigint NOT NULL,
	"cursor" jsonb,
	"upper_bound" jsonb,
	"pages" bigint DEFAULT 0 NOT NULL,
	"rows_seen" bigint DEFAULT 0 NOT NULL,
	"rows_changed" bigint DEFAULT 0 NOT NULL,
	"rows_estimated" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."changes" (
	"scope" text DEFAULT 'default' NOT NULL,
	"id" text NOT NULL,
	"declaration" jsonb NOT NULL,
	"declaration_hash" text NOT NULL,
	"phase" text NOT NULL,
	"phase_since" timestamp with time zone DEFAULT now() NOT NULL,
	"epoch" bigint DEFAULT 1 NOT NULL,
	"trigger_mode" text,
	"trigger_mode_since" timestamp with time zone,
	"sync_since" bigint,
	"backfill_state" text DEFAULT 'pending' NOT NULL,
	"backfill_direction" text DEFAULT 'forward' NOT NULL,
	"verified_epoch" bigint,
	"verified_at" timestamp with time zone,
	"verified_rows" bigint,
	"read_percent" integer DEFAULT 0 NOT NULL,
	"hold" text,
	"copy_back" boolean DEFAULT true NOT NULL,
	"soak_ms" bigint NOT NULL,
	"confirmed_at" timestamp with time zone,
	"confirmed_by" text,
	"retired_at" timestamp with time zone,
	"dropped_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "changes_scope_id_pk" PRIMARY KEY("scope","id")
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."migration_steps" (
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"step" text NOT NULL,
	"state" text NOT NULL,
	"statement" integer DEFAULT 0 NOT NULL,
	"migration" text NOT NULL,
	"hash" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "migration_steps_scope_change_id_step_pk" PRIMARY KEY("scope","change_id","step")
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."mismatches" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "expand_contract"."mismatches_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"epoch" bigint NOT NULL,
	"key" jsonb NOT NULL,
	"found_at" timestamp with time zone DEFAULT now() NOT NULL,
	"repaired_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."processes" (
	"instance" uuid PRIMARY KEY NOT NULL,
	"scope" text DEFAULT 'default' NOT NULL,
	"name" text NOT NULL,
	"release" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"flags" text NOT NULL,
	"tables" jsonb NOT NULL,
	"changes" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"renewed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lease_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."transitions" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "expand_contract"."transitions_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"action" text NOT NULL,
	"from_phase" text NOT NULL,
	"to_phase" text NOT NULL,
	"epoch" bigint NOT NULL,
	"who" text NOT NULL,
	"evidence" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"override_reason" text
);
--> statement-breakpoint
CREATE TABLE "expand_contract"."unaware_writers" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "expand_contract"."unaware_writers_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text DEFAULT 'default' NOT NULL,
	"change_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"side" text NOT NULL,
	"operation" text NOT NULL,
	"role" text NOT NULL,
	"application" text NOT NULL,
	"client" "inet",
	"pid" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "backfills_of_change" ON "expand_contract"."backfills" USING btree ("scope","change_id","run");--> statement-breakpoint
CREATE INDEX "mismatches_of_change" ON "expand_contract"."mismatches" USING btree ("scope","change_id","number");--> statement-breakpoint
CREATE INDEX "transitions_of_change" ON "expand_contract"."transitions" USING btree ("scope","change_id","number");--> statement-breakpoint
CREATE INDEX "unaware_writers_of_change" ON "expand_contract"."unaware_writers" USING btree ("scope","change_id","at");