export type { DatabaseOptions, DatabaseServer } from './databases.ts'
export { borrowServer, openScratchServer } from './open.ts'
export { type ScratchServer, startScratchServer } from './server.ts'
export type { ServerOptions, Setting } from './settings.ts'
