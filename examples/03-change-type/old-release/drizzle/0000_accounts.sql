CREATE TABLE "accounts" (
	"id" integer PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"balance" numeric(12, 2) DEFAULT '0' NOT NULL
);
