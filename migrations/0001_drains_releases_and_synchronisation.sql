CREATE TABLE "expand_contract"."releases" (
	"scope" text DEFAULT 'default' NOT NULL,
	"name" text NOT NULL,
	"release" text NOT NULL,
	"tables" jsonb NOT NULL,
	"declarations" jsonb NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "releases_scope_name_release_pk" PRIMARY KEY("scope","name","release")
);
--> statement-breakpoint
ALTER TABLE "expand_contract"."changes" ADD COLUMN "sync" text DEFAULT 'trigger' NOT NULL;--> statement-breakpoint
ALTER TABLE "expand_contract"."changes" ADD COLUMN "trigger_version" text;--> statement-breakpoint
ALTER TABLE "expand_contract"."changes" ADD COLUMN "drain" jsonb;--> statement-breakpoint
ALTER TABLE "expand_contract"."changes" ADD COLUMN "attested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "expand_contract"."changes" ADD COLUMN "attested_by" text;--> statement-breakpoint
ALTER TABLE "expand_contract"."processes" ADD COLUMN "is_shared" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "expand_contract"."processes" ADD COLUMN "phase_leases" jsonb DEFAULT '{}'::jsonb NOT NULL;