/** A table by its physical names, as the catalog holds them (not quoted). */
export interface TableName {
  readonly schema: string
  readonly name: string
}
