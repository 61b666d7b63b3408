import {
  appendFileSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { until } from '../../../examples/01-rename-column/demo/until.ts'
import type { ScratchServer } from '../../../src/scratch/index.ts'

/** What the server makes anew, or what belongs to the other server: the folders are there, and empty. */
const leftEmpty = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])
const leftOut = new Set(['postmaster.pid', 'postmaster.opts', 'postgresql.conf', 'pg_hba.conf', 'backup_label'])

/**
 * Makes `standby`, a server of the same settings, follow `primary` by streaming replication: its data is replaced by a
 * base backup (https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP; the npm package
 * has no pg_basebackup). From then on the primary acknowledges nothing that the standby does not have on disk.
 */
export async function follow(standby: ScratchServer, primary: ScratchServer): Promise<void> {
  const data = join(standby.directory, 'data')
  await standby.crash()
  await until('the last process of the server having ended', () => isQuiet(data))
  const client = new pg.Client({ connectionString: primary.url })
  await client.connect()
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`)
    const own = readFileSync(join(data, 'postgresql.conf'), 'utf8')
    replaceData(join(primary.directory, 'data'), data)
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)')
    write(join(data, 'backup_label'), rows[0]!.labelfile, data)
    write(join(data, 'standby.signal'), '', data)
    write(join(data, 'postgresql.conf'), own, data)
    appendFileSync(
      join(data, 'postgresql.conf'),
      `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=postgres application_name=standby'\n`,
    )
    await standby.start()
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
    await client.query('SELECT pg_reload_conf()')
    await until('the standby being synchronous', async () => {
      const { rowCount } = await client.query(`SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`)
      return rowCount === 1
    })
  } finally {
    await client.end()
  }
}

/** Ends the standby's recovery; it takes writes when this resolves. */
export async function promote(standby: ScratchServer): Promise<void> {
  const client = new pg.Client({ connectionString: standby.url })
  await client.connect()
  try {
    await client.query('SELECT pg_promote(true, 30)')
  } finally {
    await client.end()
  }
}

/** A killed postmaster leaves processes that end when they notice, and that must not find other files than their own. */
function isQuiet(data: string): boolean {
  const name = data.split('/').at(-2) ?? data
  return !readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .some((pid) => commandOf(pid).startsWith(`postgres: ${name}: `))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function replaceData(from: string, to: string): void {
  for (const name of readdirSync(to)) {
    if (name !== 'pg_hba.conf') rmSync(join(to, name), { recursive: true })
  }
  copyFolder(from, to, to)
  mkdirSync(join(to, 'pg_wal', 'archive_status'))
  own(join(to, 'pg_wal', 'archive_status'), to)
  // Last, as the documentation wants it.
  copyFileSync(join(from, 'global', 'pg_control'), join(to, 'global', 'pg_control'))
}

/** Files come and go while they are copied; what is missing, the WAL brings back. */
function copyFolder(from: string, to: string, root: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (leftOut.has(entry.name)) continue
    if (entry.isDirectory()) {
      mkdirSync(target, { mode: 0o700 })
      own(target, root)
      if (!leftEmpty.has(entry.name)) copyFolder(source, target, root)
    } else if (entry.isFile()) {
      try {
        copyFileSync(source, target)
        own(target, root)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }
}

function write(path: string, text: string, root: string): void {
  writeFileSync(path, text, { mode: 0o600 })
  own(path, root)
}

/** As root the server runs as another account, to which the data folder belongs. */
function own(path: string, root: string): void {
  const { uid, gid } = statSync(root)
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
}
