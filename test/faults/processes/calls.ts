/** One call of the command line in the operator's process. */
export interface Call {
  readonly number: number
  readonly args: readonly string[]
}

export interface CallEnded {
  readonly number: number
  readonly code: number
  readonly printed: string
}
