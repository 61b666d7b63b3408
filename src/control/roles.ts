import type { PgColumn } from 'drizzle-orm/pg-core'
import { changes } from '../../schema/changes.ts'
import { mismatches } from '../../schema/mismatches.ts'
import { expandContract } from '../../schema/namespace.ts'
import { failure } from '../errors/index.ts'
import { dollarQuoted } from '../sql/dollar-quote.ts'
import { identifier, literal, maximumIdentifierBytes, type QualifiedName, qualified } from '../sql/identifier.ts'

/** What a role is for. */
export type Part = 'owner' | 'backfill' | 'application'

export const parts: readonly Part[] = ['owner', 'backfill', 'application']

export interface RolesInput {
  /** The roles, by their names in PostgreSQL, not quoted; a part that is left out gets nothing. */
  readonly roles: Readonly<Partial<Record<Part, string>>>
  readonly tables: readonly ChangedTable[]
  /** Where Drizzle keeps its journal. */
  readonly journalSchema: string
  /** Creates the roles that do not exist, without a right to log in. */
  readonly create: boolean
}

/** A table that changes are declared for. */
export interface ChangedTable extends QualifiedName {
  /** The columns of both sides of all its changes. */
  readonly columns: readonly string[]
}

/** Statements, and what they are for. */
export interface RoleSection {
  readonly part: Part
  readonly purpose: string
  readonly statements: readonly string[]
}

/**
 * The SQL that gives each role what its part needs, and no more. It may be run again at any time, and has to be after an
 * upgrade of the control tables and after a change of another table was declared.
 *
 * @throws ExpandContractError EC_OPTION_INVALID for a name that PostgreSQL would take for something else.
 */
export function rolesSql({ roles, tables, journalSchema, create }: RolesInput): readonly RoleSection[] {
  return parts.flatMap((part) => {
    const role = roles[part]
    if (role === undefined) return []
    requireRoleName(part, role)
    const { purpose, grants } = partOf[part]
    const statements = [...(create ? [createIfMissing(role)] : []), ...grants(role, tables, journalSchema)]
    return [{ part, purpose, statements }]
  })
}

type Grants = (role: string, tables: readonly ChangedTable[], journalSchema: string) => readonly string[]

const partOf: Readonly<Record<Part, { readonly purpose: string; readonly grants: Grants }>> = {
  owner: {
    purpose: 'runs every command; owns the changed tables, the control tables and the journal of Drizzle',
    grants: (role, tables, journalSchema) => [
      letCreateSchemas(role),
      ...schemasOf(tables).map(
        (schema) => `GRANT USAGE, CREATE ON SCHEMA ${identifier(schema)} TO ${identifier(role)}`,
      ),
      takeOwnership(role, tables, journalSchema),
    ],
  },
  backfill: {
    purpose: 'runs `backfill` and `verify`; cannot move a phase',
    grants: (role, tables) => [
      ...grantsOnControl(role, {
        backfills: 'INSERT, UPDATE',
        mismatches: `INSERT, UPDATE (${list([mismatches.repairedAt])})`,
        quarantine: 'INSERT, DELETE',
        transitions: 'INSERT',
        changes: `UPDATE (${list(proofColumns)})`,
      }),
      grantOnTables('SELECT', `ALL TABLES IN SCHEMA ${control}`, role),
      ...grantsOfFunctions(role, ['pin_phase(text, text)']),
      ...schemasOf(tables).map((schema) => `GRANT USAGE ON SCHEMA ${identifier(schema)} TO ${identifier(role)}`),
      // All columns to read, as those who hold up a page are known by a system column; those of the sides to write.
      ...tables.map((table) =>
        grantOnTables(`SELECT, UPDATE (${table.columns.map(identifier).join(', ')})`, qualified(table), role),
      ),
    ],
  },
  application: {
    purpose: 'runs the service, beside the rights on its own tables; cannot move a phase',
    grants: (role) => [
      ...grantsOnControl(role, {
        changes: 'SELECT',
        processes: 'SELECT, INSERT, UPDATE, DELETE',
        releases: 'SELECT, INSERT, UPDATE',
      }),
      ...grantsOfFunctions(role, ['pin_phase(text, text)', 'hold_reads(text, text, text)']),
    ],
  },
}

/**
 * What a backfill and a verification record of a change: how far its proof is, and not where the change is. Without a sync
 * trigger a drain comes before the backfill, and is part of it.
 */
const proofColumns: readonly PgColumn[] = [
  changes.backfillState,
  changes.backfillDirection,
  changes.verifiedEpoch,
  changes.verifiedAt,
  changes.verifiedRows,
  changes.drain,
]

const control = identifier(expandContract.schemaName)

function grantsOnControl(role: string, privileges: Readonly<Record<string, string>>): readonly string[] {
  return [
    `GRANT USAGE ON SCHEMA ${control} TO ${identifier(role)}`,
    ...Object.entries(privileges).map(([table, granted]) =>
      grantOnTables(granted, `${control}.${identifier(table)}`, role),
    ),
  ]
}

function grantsOfFunctions(role: string, signatures: readonly string[]): readonly string[] {
  return signatures.map((signature) => `GRANT EXECUTE ON FUNCTION ${control}.${signature} TO ${identifier(role)}`)
}

function grantOnTables(privileges: string, tables: string, role: string): string {
  return `GRANT ${privileges} ON ${tables} TO ${identifier(role)}`
}

function createIfMissing(role: string): string {
  return block(`BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(role)}) THEN
    CREATE ROLE ${identifier(role)} NOLOGIN;
  END IF;
END`)
}

/** Migrations create schemas: that of the control tables and that of Drizzle's journal. */
function letCreateSchemas(role: string): string {
  return block(`BEGIN
  IF NOT has_database_privilege(${literal(role)}, current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), ${literal(role)});
  END IF;
END`)
}

/**
 * Transfers what belongs to others, partitions included. ALTER TABLE takes ACCESS EXCLUSIVE for a moment, and gives up
 * after a second where it would have to wait; what is the owner's already is not touched.
 */
function takeOwnership(role: string, tables: readonly ChangedTable[], journalSchema: string): string {
  const schemas = `ARRAY[${[expandContract.schemaName, journalSchema].map(literal).join(', ')}]`
  const names = `ARRAY[${tables.map((table) => literal(qualified(table))).join(', ')}]::text[]`
  return block(`DECLARE
  owner constant oid := (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${literal(role)});
  object text;
BEGIN
  SET LOCAL lock_timeout = '1s';
  FOR object IN
    SELECT format('SCHEMA %I', nspname) FROM pg_catalog.pg_namespace
     WHERE nspname = ANY (${schemas}) AND nspowner <> owner
    UNION ALL
    SELECT format('TABLE %I.%I', n.nspname, c.relname)
      FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relowner <> owner
       AND (n.nspname = ANY (${schemas}) OR c.oid IN (
              SELECT to_regclass(name) FROM unnest(${names}) AS name
              UNION ALL
              SELECT tree.relid FROM unnest(${names}) AS name, pg_partition_tree(to_regclass(name)) AS tree))
    UNION ALL
    SELECT format('FUNCTION %s', p.oid::regprocedure)
      FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
     WHERE n.nspname = ${literal(expandContract.schemaName)} AND p.proowner <> owner
  LOOP
    EXECUTE format('ALTER %s OWNER TO %I', object, ${literal(role)});
  END LOOP;
END`)
}

function block(body: string): string {
  return `DO ${dollarQuoted(body)}`
}

function schemasOf(tables: readonly ChangedTable[]): readonly string[] {
  return [...new Set(tables.map(({ schema }) => schema))]
}

function list(columns: readonly PgColumn[]): string {
  return columns.map(({ name }) => identifier(name)).join(', ')
}

/** Names that mean everybody or nobody even in quotes, and those that PostgreSQL keeps for itself. */
const notARole = /^(public|none|pg_.*)$/

function requireRoleName(part: Part, name: string): void {
  const problem = problemOf(name)
  if (problem !== undefined) throw failure('EC_OPTION_INVALID', { option: `--${part}`, problem })
}

function problemOf(name: string): string | undefined {
  if (name.trim() === '' || name.startsWith('-')) return 'name the role.'
  if (notARole.test(name)) return `"${name}" is no role of its own in PostgreSQL.`
  // Longer ones are cut, and the rights would go to whoever bears the shorter name.
  if (Buffer.byteLength(name) > maximumIdentifierBytes) return `a name has at most ${maximumIdentifierBytes} bytes.`
  return name.includes('\0') ? 'a name holds no zero byte.' : undefined
}
