import { asc, eq, gte } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Session } from '../../src/control/session.ts'
import type { ChangesFor, Repository } from '../../src/repository/index.ts'
import { createToolkit, type ToolkitOptions } from '../../src/toolkit/index.ts'
import type { Call } from '../harness/latency.ts'
import { userFullName } from './rename.ts'
import { distinctNames, plainUsers, scatteredKey, users } from './users.ts'

/** What a service does, through a repository and with plain Drizzle; one client for both, one call at a time. */
export interface Services {
  readonly ours: Record<'findFirst' | 'findMany' | 'update' | 'insert', Call>
  readonly plain: Record<'findFirst' | 'findMany' | 'update' | 'updateWithoutReturning' | 'insert', Call>
}

/** Starts a toolkit over a session, registered and polling as in a service, and stops it afterwards. */
export async function withServices<Result>(
  { client }: Session,
  rows: number,
  work: (services: Services) => Promise<Result>,
  times: Pick<ToolkitOptions<unknown, unknown, unknown>, 'pollMs' | 'leaseMs'> = {},
): Promise<Result> {
  const db = drizzle({ client })
  const toolkit = createToolkit({
    db,
    schema: { users, plainUsers },
    changes: [userFullName],
    process: { name: 'bench', release: 'bench' },
    log: () => {},
    ...times,
  })
  await toolkit.start()
  try {
    const repository = toolkit.repository(users)
    return await work({ ours: throughRepository(repository, rows), plain: withDrizzle(db, rows) })
  } finally {
    await toolkit.stop()
  }
}

type UserRepository = Repository<typeof users, ChangesFor<readonly [typeof userFullName], typeof users>>

/** Rows of one page of a list. */
const listed = 20

function throughRepository(repository: UserRepository, rows: number): Services['ours'] {
  const nextName = distinctNames()
  return {
    findFirst: (number) => repository.findFirst({ where: (user) => eq(user.id, scatteredKey(number, rows)) }),
    findMany: (number) =>
      repository.findMany({
        where: (user) => gte(user.id, scatteredKey(number, rows)),
        orderBy: (user) => asc(user.id),
        limit: listed,
      }),
    update: (number) => repository.update({ fullName: nextName() }, (user) => eq(user.id, scatteredKey(number, rows))),
    insert: (number) => repository.insert({ id: rows + 1 + number, fullName: nextName(), bio }),
  }
}

/** The same statements as one would write them without us. */
function withDrizzle(db: NodePgDatabase, rows: number): Services['plain'] {
  const nextName = distinctNames()
  const update = (number: number) =>
    db
      .update(plainUsers)
      .set({ name: nextName() })
      .where(eq(plainUsers.id, scatteredKey(number, rows)))
  return {
    findFirst: async (number) => {
      const found = await db
        .select()
        .from(plainUsers)
        .where(eq(plainUsers.id, scatteredKey(number, rows)))
        .limit(1)
      return found[0]
    },
    findMany: (number) =>
      db
        .select()
        .from(plainUsers)
        .where(gte(plainUsers.id, scatteredKey(number, rows)))
        .orderBy(asc(plainUsers.id))
        .limit(listed),
    // A repository returns the rows that it writes.
    update: (number) => update(number).returning(),
    updateWithoutReturning: (number) => update(number),
    insert: async (number) => {
      const inserted = await db
        .insert(plainUsers)
        .values({ id: rows + 1 + number, name: nextName(), bio })
        .returning()
      return inserted[0]
    },
  }
}

const bio = 'x'.repeat(160)
