/**
 * What each of the four processes can do with users, in its own way: the old release by Drizzle, the new one by
 * repositories, the raw writer by SQL.
 */
export interface UserStore {
  /** The name of a user; undefined where there is no such user. */
  find(id: number): Promise<FoundName | undefined>
  /** A new user, whose revision is 0. */
  insert(id: number, name: string): Promise<void>
  /** Renames a user and returns the row's new revision; undefined where there is no such user. */
  rename(id: number, name: string): Promise<number | undefined>
  /** Renames a user or inserts it, and returns the row's revision. */
  upsert(id: number, name: string): Promise<number>
  delete(id: number): Promise<void>
}

/** Null in a column that has not been filled. */
export interface FoundName {
  readonly name: string | null
}
