/**
 * drizzle-expand-contract: change a live PostgreSQL schema from Drizzle ORM with no downtime and no lost write.
 *
 * @module
 */
export type { Change, Changes } from './change/change.ts'
export type { ChangeOptions } from './change/options.ts'
export { renameColumn } from './change/rename-column.ts'
export { type Config, defineConfig } from './config/config.ts'
export { DatabaseError, type ErrorCode, ExpandContractError } from './errors/index.ts'
export { databaseFlags } from './flags/database.ts'
export type { FlagContext, FlagPort, FlagReport, FlagRequest, FlagState, FlagStatus } from './flags/port.ts'
export type { Phase } from './phase/phase.ts'
export type {
  DrizzleDatabase,
  FindManyOptions,
  FindOptions,
  LockStrength,
  LogicalTable,
  NewRow,
  QueryDatabase,
  QueryScope,
  Repository,
  Resolved,
  Row,
  RowPatch,
  RunOptions,
  UpsertOptions,
} from './repository/index.ts'
export {
  type ControlPolicy,
  consoleLog,
  createToolkit,
  type Log,
  type ProcessOptions,
  type Toolkit,
  type ToolkitEvent,
  type ToolkitOptions,
} from './toolkit/index.ts'
