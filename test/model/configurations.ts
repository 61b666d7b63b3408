import { oldGivenUpWorlds } from './worlds/old-given-up.ts'
import { sameRowWorlds } from './worlds/same-row.ts'
import { twoTablesWorlds } from './worlds/two-tables.ts'

/** Small worlds, each of which has room for one kind of trouble. */
export const configurations = { ...sameRowWorlds, ...oldGivenUpWorlds, ...twoTablesWorlds }
