import { relations, sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgSchema,
  pgTable,
  pgView,
  primaryKey,
  serial,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core'

export type UserId = string & { readonly brand: 'UserId' }

export const users = pgTable('users', {
  id: serial().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  fullName: text('full_name'),
  nick: text(),
  nickname: text().notNull(),
  joined: timestamp().notNull().defaultNow(),
  joinedAt: timestamp('joined_at'),
  active: boolean().notNull().default(true),
})

export const posts = pgTable('posts', {
  id: serial().primaryKey(),
  authorId: integer('author_id').notNull(),
  title: text().notNull(),
})

export const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }))
export const postsRelations = relations(posts, ({ one }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id] }),
}))

export const mood = pgEnum('mood', ['sad', 'ok', 'happy'])
export const billing = pgSchema('billing')

export const things = billing.table(
  'things',
  {
    tenantId: integer().notNull(),
    id: uuid().$type<UserId>().notNull(),
    mood: mood().notNull(),
    state: mood(),
    tags: text().array().notNull(),
    labels: text().array(),
    meta: jsonb().$type<{ a: number }>(),
    details: jsonb().$type<{ a: number }>(),
    other: jsonb().$type<{ b: string }>(),
    cents: bigint({ mode: 'bigint' }),
    short: varchar({ length: 10 }),
    lower: text().generatedAlwaysAs(sql`lower("short")`),
    seq: integer().generatedAlwaysAsIdentity(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
)

/** Same name, other schema. */
export const publicThings = pgTable('things', { id: serial().primaryKey(), mood: text() })

export const view = pgView('active_users').as((query) => query.select({ id: users.id }).from(users))
export const notATable = 42

export const tier = pgEnum('tier', ['free', 'paid'])

export const accounts = pgTable('accounts', {
  id: serial().primaryKey(),
  balance: numeric().notNull().default('0'),
  balanceCents: bigint('balance_cents', { mode: 'bigint' }).notNull(),
  code: text(),
  number: integer().notNull(),
  name: text().notNull(),
  first: text('first_name').notNull(),
  last: text('last_name'),
  street: text().notNull(),
  town: text(),
  address: text().notNull(),
  plan: text().notNull(),
  tier: tier().$type<'free' | 'paid'>().notNull(),
})
