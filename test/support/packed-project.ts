import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { root } from './documents.ts'
import { makeTemporary } from './temporary.ts'

export interface ShellResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that goes on until it is stopped. */
export interface Running {
  stop(): Promise<void>
}

/** A user's project in an empty folder, with the package installed as npm packs it. */
export interface PackedProject {
  readonly folder: string
  write(path: string, text: string): void
  copy(from: string, to: string): void
  /** Runs a line of documentation as a shell would, in a folder of the project. */
  sh(line: string, options?: { readonly in?: string; readonly env?: NodeJS.ProcessEnv }): Promise<ShellResult>
  /** Starts a module as a service. */
  start(path: string, env: NodeJS.ProcessEnv): Running
  /** What the compiler says of the whole project; empty where it accepts it. */
  typeCheck(compiler: 'typescript' | 'typescript-5.9'): string
}

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const userSettings = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    moduleDetection: 'force',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
}

/** What a user installs beside the package to check types and to run the examples. */
const besides = ['@types/node', '@types/pg']

/** Packs the package as it is built, and installs it with the packages that it declares, and no other, from this checkout. */
export function makePackedProject(): PackedProject {
  const folder = makeTemporary()
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'drizzle-expand-contract')
  mkdirSync(own, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  execFileSync('tar', ['-xzf', join(folder, tarballOf(packed)), '-C', own, '--strip-components=1'])
  const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as Manifest
  link(join(own, manifest.bin['expand-contract']!), join(modules, '.bin/expand-contract'))
  for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), ...besides]) {
    link(join(root, 'node_modules', name), join(modules, name))
  }
  const project = projectIn(folder)
  project.write('package.json', '{ "private": true, "type": "module" }\n')
  project.write('tsconfig.json', JSON.stringify(userSettings))
  return project
}

function tarballOf(packed: string): string {
  const report = JSON.parse(packed) as readonly { filename: string }[] | Readonly<Record<string, { filename: string }>>
  return Object.values(report)[0]!.filename
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

function projectIn(folder: string): PackedProject {
  const environment = (more: NodeJS.ProcessEnv = {}) => ({
    ...process.env,
    NO_COLOR: '1',
    // A story starts dozens of commands; this saves a fifth of each.
    NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    ...more,
  })
  return {
    folder,
    write(path, contents) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), contents)
    },
    copy: (from, to) => cpSync(join(root, from), join(folder, to), { recursive: true }),
    async sh(line, options = {}) {
      // npx looks up the package's executable, which takes half a second each time; what it finds is this file.
      const quick = line.replace(/^npx expand-contract\b/, `${join(folder, 'node_modules/.bin/expand-contract')}`)
      const child = spawn('/bin/sh', ['-c', quick], {
        cwd: join(folder, options.in ?? ''),
        env: environment(options.env),
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ])
      return { code, stdout, stderr }
    },
    start(path, env) {
      const child = spawn(process.execPath, [join(folder, path)], {
        cwd: folder,
        env: environment(env),
        stdio: 'inherit',
      })
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
      return {
        stop: () => {
          child.kill()
          return ended
        },
      }
    },
    typeCheck(compiler) {
      const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
      return spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout
    },
  }
}
