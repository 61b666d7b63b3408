import { pgSchema } from 'drizzle-orm/pg-core'

export const expandContract = pgSchema('expand_contract')

/** Every row carries a scope, so that several schemas or tenants in one database can be told apart later. */
export const defaultScope = 'default'
