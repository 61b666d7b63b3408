import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { createRepositories } from '../../src/repository/index.ts'
import * as changes from './changes.ts'
import { type Equal, proof } from './equal.ts'
import * as schema from './schema.ts'

declare const db: NodePgDatabase
const decider = { decide: () => ({ phase: 'planned', mode: { read: 'old', write: 'old' }, epoch: 0 }) as const }
const toolkit = createRepositories({ db, schema, changes, decider })

const users = toolkit.repository(schema.users)
proof<
  Equal<
    typeof users.$row,
    {
      id: number
      email: string
      active: boolean
      /** NOT NULL of the old side. */
      fullName: string
      /** Nullable as the old side, although the new one is declared NOT NULL. */
      nickname: string | null
      joinedAt: Date
    }
  >
>()

const things = toolkit.repository(schema.things)
proof<
  Equal<
    typeof things.$row,
    {
      tenantId: number
      id: schema.UserId
      state: 'sad' | 'ok' | 'happy'
      labels: string[]
      details: { a: number } | null
      other: { b: string } | null
      cents: bigint | null
      short: string | null
      lower: string | null
      seq: number
    }
  >
>()

const publicThings = toolkit.repository(schema.publicThings)
proof<Equal<typeof publicThings.$row, { id: number; mood: string | null }>>()

const posts = toolkit.repository(schema.posts)
proof<Equal<typeof posts.$row, { id: number; authorId: number; title: string }>>()

// What an insert may leave out is what the old side lets it leave out.
type Optional<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? K : never }[keyof T]
proof<Equal<Optional<typeof users.$new>, 'id' | 'active' | 'nickname' | 'joinedAt'>>()

// An array of changes does as well as a module.
const listed = createRepositories({ db, schema, changes: [changes.userFullName], decider }).repository(schema.users)
proof<Equal<(typeof listed.$row)['fullName'], string>>()
proof<Equal<'name' extends keyof typeof listed.$row ? true : false, false>>()
proof<Equal<(typeof listed.$row)['nick'], string | null>>()

// After the drop, with the old keys and the declarations deleted, callers notice nothing.
type Before = typeof listed.$row
const { name: _name, ...rest } = {} as (typeof schema.users)['$inferSelect']
proof<Equal<keyof Before, keyof typeof rest>>()

// Columns that become other columns: data of the new ones, nullability and default of the old ones.
const accounts = toolkit.repository(schema.accounts)
proof<
  Equal<
    typeof accounts.$row,
    {
      id: number
      balanceCents: bigint
      /** Declared NOT NULL; the old column may hold NULL. */
      number: number | null
      first: string
      /** Declared nullable: the transform may make NULL of a value. */
      last: string | null
      /** One of the two old columns may hold NULL. */
      address: string | null
      tier: 'free' | 'paid'
    }
  >
>()
// The address has to be given although it may be NULL: the street cannot be.
proof<Equal<Optional<typeof accounts.$new>, 'id' | 'balanceCents' | 'number' | 'last'>>()
proof<Equal<(typeof accounts.$new)['balanceCents'], bigint | SQL | undefined>>()
proof<Equal<(typeof accounts.$new)['address'], string | SQL | null>>()
