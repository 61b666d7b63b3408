import type { ClientBase } from 'pg'

/**
 * Does something while commits of a session do not wait for the disk, so that its latency, which is the same for all
 * variants, does not hide what sets them apart.
 */
export async function withoutWaitingForDisk<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query('SET synchronous_commit = off')
  try {
    return await work()
  } finally {
    await client.query('RESET synchronous_commit')
  }
}
