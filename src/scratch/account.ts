import { readFileSync } from 'node:fs'
import { ProblemError, problems } from './problem.ts'

/** An account of the operating system, as processes and files name it. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * Accounts that machines have without our help; the first that exists is taken, and none is ever created.
 * `postgres` is not the first, because on a machine with a PostgreSQL of its own it owns real data.
 */
const unprivilegedAccounts = ['nobody', 'postgres', 'daemon']

/**
 * The account that runs the server in our stead, or undefined where we can run it ourselves.
 *
 * PostgreSQL refuses to run as root, and `initdb` wants an account that has a name, so a bare user id does not do.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const known = readAccounts()
  const account = unprivilegedAccounts.map((name) => known.get(name)).find((candidate) => candidate !== undefined)
  if (account === undefined) throw new ProblemError(problems.accountMissing(unprivilegedAccounts))
  return account
}

function readAccounts(): Map<string, Account> {
  const accounts = new Map<string, Account>()
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name === undefined || uid === undefined || gid === undefined) continue
    // macOS writes the ids of "nobody" as -2; the system itself counts them as unsigned.
    accounts.set(name, { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 })
  }
  return accounts
}
