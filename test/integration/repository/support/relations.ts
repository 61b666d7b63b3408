import * as drizzle from 'drizzle-orm'
import type { posts, users } from './users.ts'

interface Tables {
  readonly users: typeof users
  readonly posts: typeof posts
}

/**
 * Posts with their author, and with the user whose name they mention. The latter is declared on the old column: that is
 * what a schema has when the change begins.
 *
 * Drizzle 0.45 takes `relations()` from the schema, Drizzle 1.0 `defineRelations()` in the database's configuration.
 */
export function withRelations(tables: Tables) {
  return 'defineRelations' in drizzle
    ? { config: { relations: defined(tables) }, relations: {} as ReturnType<typeof declared> }
    : { config: {}, relations: declared(tables) }
}

function declared({ users, posts }: Tables) {
  const { relations } = drizzle
  return {
    usersRelations: relations(users, ({ many }) => ({
      posts: many(posts, { relationName: 'author' }),
      mentions: many(posts, { relationName: 'namesake' }),
    })),
    postsRelations: relations(posts, ({ one }) => ({
      author: one(users, { relationName: 'author', fields: [posts.authorId], references: [users.id] }),
      namesake: one(users, { relationName: 'namesake', fields: [posts.authorName], references: [users.name] }),
    })),
  }
}

/** The helpers of Drizzle 1.0, as far as they are used here. */
type Column = { readonly brand: 'column' }
type Relate = Record<'users' | 'posts', (config?: { from?: Column; to?: Column; alias?: string }) => unknown>
type Helpers = { one: Relate; many: Relate } & Record<'users' | 'posts', Record<string, Column>>

function defined(tables: Tables): unknown {
  const { defineRelations } = drizzle as unknown as {
    defineRelations(tables: Tables, define: (helpers: Helpers) => object): unknown
  }
  return defineRelations(tables, ({ one, many, users, posts }) => ({
    users: { posts: many.posts({ alias: 'author' }), mentions: many.posts({ alias: 'namesake' }) },
    posts: {
      author: one.users({ alias: 'author', from: posts.authorId!, to: users.id! }),
      namesake: one.users({ alias: 'namesake', from: posts.authorName!, to: users.name! }),
    },
  }))
}
