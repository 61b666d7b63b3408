import { vi } from 'vitest'
import type * as Parts from '../../src/drizzle/column-parts.ts'
import { tableKey, withTable } from '../../src/drizzle/snapshot.ts'
import { expectToDie } from './story/expectations.ts'

/** A new column is added with the DEFAULT that it shall have in the end, and looks written by whoever leaves it out. */
vi.mock('../../src/drizzle/column-parts.ts', async (importActual) => {
  const actual = await importActual<typeof Parts>()
  const withBareColumns: typeof actual.withBareColumns = (snapshot, table, added) =>
    withTable(snapshot, tableKey(table), ({ columns }) => ({
      columns: {
        ...columns,
        ...Object.fromEntries(added.map((column) => [column.name, { ...column, notNull: false }])),
      },
    }))
  return { ...actual, withBareColumns }
})

expectToDie('default-too-early')
