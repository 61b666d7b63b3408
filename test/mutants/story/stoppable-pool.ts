import pg from 'pg'

/** A process that is to stop, as by SIGSTOP, before it takes a connection. */
export interface Stop {
  /** Resolves once it has stopped. */
  readonly reached: Promise<void>
  readonly isReached: boolean
  /** Lets it go on, or never stop. */
  goOn(): void
}

type Callback = Parameters<pg.Pool['connect']>[0]

/** The connections of a process that can be stopped in the middle of a request. */
export class StoppablePool extends pg.Pool {
  #connections = 0
  #stop: { readonly before: number; readonly reach: () => void; readonly goesOn: Promise<void> } | undefined

  /** @param connection 1 for the next one that is taken, 2 for the one after it. */
  stopBefore(connection: number): Stop {
    const [reached, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let isReached = false
    const reach = () => {
      isReached = true
      reached.resolve()
    }
    this.#stop = { before: this.#connections + connection, reach, goesOn: goesOn.promise }
    return {
      reached: reached.promise,
      get isReached() {
        return isReached
      },
      goOn: () => {
        this.#stop = undefined
        goesOn.resolve()
      },
    }
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Callback): void
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    this.#connections += 1
    const stop = this.#stop
    const isHere = stop !== undefined && stop.before === this.#connections
    if (isHere) stop.reach()
    const turn = isHere ? stop.goesOn : undefined
    if (callback === undefined) return turn === undefined ? super.connect() : turn.then(() => super.connect())
    if (turn === undefined) super.connect(callback)
    else void turn.then(() => super.connect(callback))
    return undefined
  }
}
