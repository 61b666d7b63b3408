import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startScratchServer } from '../../../src/scratch/index.ts'
import type { Scenario, Span } from '../scenarios/scenario.ts'
import type { Subject } from '../subjects/subject.ts'
import { Keeper } from './keeper.ts'
import { type Ground, type Run, runScenario } from './run-scenario.ts'

/** A PostgreSQL server with everything that faults need, and whoever clears up after it. */
export class Lab {
  readonly #ground: Ground

  private constructor(ground: Ground) {
    this.#ground = ground
  }

  static async open(): Promise<Lab> {
    const keeper = new Keeper()
    const folder = mkdtempSync(join(tmpdir(), 'expand-contract-lab-'))
    keeper.keepFolder(folder)
    const server = await startScratchServer({
      fsync: true,
      settings: {
        wal_level: 'logical',
        max_connections: 300,
        deadlock_timeout: '200ms',
        max_prepared_transactions: 10,
      },
    })
    return new Lab({ server, keeper, folder })
  }

  run(subject: Subject, scenario: Scenario, seed: number, span: Span): Promise<Run> {
    return runScenario(this.#ground, subject, scenario, seed, span)
  }

  async close(): Promise<void> {
    await this.#ground.server.stop()
    await this.#ground.keeper.end()
  }
}
