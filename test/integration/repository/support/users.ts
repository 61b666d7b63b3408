import { boolean, integer, pgTable, serial, text } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { renameColumn } from '../../../../src/change/rename-column.ts'
import type { Side } from '../../../../src/phase/phase.ts'
import type { Situation } from './phases.ts'

export const users = pgTable('users', {
  id: serial().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull().unique(),
  fullName: text('full_name').notNull().unique(),
  age: integer(),
  active: boolean().notNull().default(true),
})

export const posts = pgTable('posts', {
  id: serial().primaryKey(),
  authorId: integer('author_id').notNull(),
  authorName: text('author_name'),
  title: text().notNull(),
})

export const userFullName = renameColumn({ id: 'user-full-name', table: users, from: 'name', to: 'fullName' })

export const physicalNames: Readonly<Record<Side, string>> = { old: 'name', new: 'full_name' }

const definitions: Readonly<Record<Side, string>> = { old: 'name text unique', new: 'full_name text unique' }

/** Tables as they are in this situation, empty. Without trigger: what the repository does has to be right on its own. */
export async function createUsers(pool: pg.Pool, { columns }: Pick<Situation, 'columns'>): Promise<void> {
  await pool.query(`
    drop table if exists users, posts;
    create table users (
      id serial primary key, email text not null unique, ${columns.map((side) => definitions[side]).join(', ')},
      age integer, active boolean not null default true
    );
    create table posts (id serial primary key, author_id integer not null, author_name text, title text not null);
  `)
}

export interface PhysicalUser {
  readonly id: number
  readonly email: string
  readonly age: number | null
  readonly name?: string | null
  readonly full_name?: string | null
}

export async function physicalUsers(pool: pg.Pool): Promise<PhysicalUser[]> {
  return (await pool.query<PhysicalUser>('select * from users order by id')).rows
}
