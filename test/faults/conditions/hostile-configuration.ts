import { identifier, literal } from '../../../src/sql/identifier.ts'
import { applicationRole, ownerRole } from '../lab/server.ts'
import { grantToApplication } from './application-role.ts'
import type { Condition } from './condition.ts'

/** Settings that a database may come with for everybody, each of which has broken some tool. */
const settings: Readonly<Record<string, string>> = {
  row_security: 'on',
  default_transaction_isolation: 'repeatable read',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Pacific/Chatham',
  standard_conforming_strings: 'off',
  backslash_quote: 'off',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  array_nulls: 'off',
  'plpgsql.variable_conflict': 'use_column',
  'plpgsql.extra_errors': 'all',
  statement_timeout: '3s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '5s',
}

/**
 * Whoever runs the command line finds functions that lie before PostgreSQL's own, and may write nothing; processes pass
 * ordinary triggers by, as a replica does.
 */
const roleSettings = [
  [ownerRole, 'search_path TO public, decoys, pg_catalog'],
  [applicationRole, 'session_replication_role TO replica'],
] as const

/** Tables and functions by whose names somebody might be taken in. */
const decoys = [
  'CREATE SCHEMA decoys',
  'CREATE TABLE decoys.changes (id text)',
  'CREATE TABLE decoys.processes (id text)',
  'CREATE TABLE decoys.backfills (id text)',
  `CREATE FUNCTION decoys.now() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '1999-12-31 23:59:59 UTC'$$`,
  `CREATE FUNCTION decoys.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  `CREATE FUNCTION decoys.hold_reads(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'`,
  `GRANT USAGE ON SCHEMA decoys TO PUBLIC`,
]

export const hostileConfiguration: Condition = {
  name: 'hostile-configuration',
  does: 'database and role come with a search_path full of decoys, another isolation level, odd formats, short timeouts and PL/pgSQL settings',
  async begin({ server, database }) {
    const admin = server.admin(database)
    try {
      for (const statement of decoys) await admin.query(statement)
      for (const [name, value] of Object.entries(settings))
        await admin.query(`ALTER DATABASE ${identifier(database)} SET ${name} TO ${literal(value)}`)
      for (const [role, setting] of roleSettings)
        await admin.query(`ALTER ROLE ${role} IN DATABASE ${identifier(database)} SET ${setting}`)
    } finally {
      await admin.end()
    }
    return { url: server.url(database, applicationRole) }
  },
  prepare: grantToApplication,
}
