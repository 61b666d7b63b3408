import { sql } from 'drizzle-orm'
import { bigint, integer, numeric, pgEnum, pgTable, serial, text } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { changeColumns } from '../../../../src/change/change-columns.ts'
import type { Situation } from './phases.ts'

export const tier = pgEnum('tier', ['free', 'paid'])

/** Every shape that a change within a row can have, on one table. */
export const accounts = pgTable('accounts', {
  id: serial().primaryKey(),
  label: text().notNull().unique(),
  // numeric → bigint cents
  balance: numeric().notNull().default('0'),
  balanceCents: bigint('balance_cents', { mode: 'bigint' }).notNull(),
  // text → integer, which may raise
  code: text().unique(),
  number: integer().unique(),
  // one into two
  name: text(),
  first: text('first_name'),
  last: text('last_name'),
  // two into one
  street: text(),
  town: text(),
  address: text(),
  // text → enum
  plan: text().notNull().default('free'),
  tier: tier().notNull(),
})

export const payments = pgTable('payments', {
  id: serial().primaryKey(),
  accountId: integer('account_id').notNull(),
  cents: bigint({ mode: 'bigint' }).notNull(),
})

export const changes = {
  balanceInCents: changeColumns({
    id: 'balance-in-cents',
    table: accounts,
    from: ['balance'],
    to: ['balanceCents'],
    forward: ({ balance }) => ({ balanceCents: sql`round(${balance} * ${100})` }),
    backward: ({ balanceCents }) => ({ balance: sql`${balanceCents} / 100.0` }),
    mayRaise: false,
  }),
  codeAsNumber: changeColumns({
    id: 'code-as-number',
    table: accounts,
    from: ['code'],
    to: ['number'],
    forward: ({ code }) => ({ number: sql`${code}::integer` }),
    backward: ({ number }) => ({ code: sql`${number}::text` }),
  }),
  nameInTwo: changeColumns({
    id: 'name-in-two',
    table: accounts,
    from: ['name'],
    to: ['first', 'last'],
    forward: ({ name }) => ({
      first: sql`split_part(${name}, ' ', 1)`,
      last: sql`nullif(substr(${name}, length(split_part(${name}, ' ', 1)) + 2), '')`,
    }),
    backward: ({ first, last }) => ({ name: sql`${first} || coalesce(' ' || ${last}, '')` }),
    mayRaise: false,
  }),
  oneAddress: changeColumns({
    id: 'one-address',
    table: accounts,
    from: ['street', 'town'],
    to: ['address'],
    forward: ({ street, town }) => ({ address: sql`${street} || ', ' || ${town}` }),
    backward: ({ address }) => ({
      street: sql`split_part(${address}, ', ', 1)`,
      town: sql`split_part(${address}, ', ', 2)`,
    }),
    mayRaise: false,
  }),
  planAsTier: changeColumns({
    id: 'plan-as-tier',
    table: accounts,
    from: ['plan'],
    to: ['tier'],
    forward: ({ plan }) => ({ tier: sql`case ${plan} when 'pro' then 'paid' else ${plan} end` }),
    backward: ({ tier }) => ({ plan: sql`case ${tier} when 'paid' then 'pro' else ${tier}::text end` }),
  }),
}

const definitions = {
  old: 'balance numeric, code text unique, name text, street text, town text, plan text',
  new: 'balance_cents bigint, number integer unique, first_name text, last_name text, address text, tier tier',
}

/** Tables as they are in this situation, empty. Without triggers: what repositories do has to be right on its own. */
export async function createAccounts(pool: pg.Pool, { columns }: Pick<Situation, 'columns'>): Promise<void> {
  await pool.query(`
    drop table if exists accounts, payments;
    drop type if exists tier cascade;
    create type tier as enum ('free', 'paid');
    create table accounts (
      id serial primary key, label text not null unique, ${columns.map((side) => definitions[side]).join(', ')}
    );
    create table payments (id serial primary key, account_id integer not null, cents bigint not null);
  `)
}

/** What the columns of each side hold, row by row; undefined where the side does not exist. */
export async function storedAccounts(pool: pg.Pool, { columns }: Pick<Situation, 'columns'>) {
  const { rows } = await pool.query('select * from accounts order by id')
  return rows.map((row) => ({
    ...(columns.includes('old')
      ? { old: [row.balance === null ? null : Number(row.balance), row.code, row.name, row.street, row.town, row.plan] }
      : {}),
    ...(columns.includes('new')
      ? { new: [row.balance_cents, row.number, row.first_name, row.last_name, row.address, row.tier] }
      : {}),
  }))
}
