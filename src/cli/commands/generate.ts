import { relative } from 'node:path'
import { loadSchema, openProject, type Project, withSession } from '../../config/project.ts'
import { ExpandContractError, failure } from '../../errors/index.ts'
import { type GeneratedFile, generateMigrations, refuseHandedOver } from '../../generate/index.ts'
import { command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

export default command({
  name: 'generate',
  description: 'Write migrations from the schema and the declared changes',
  args: {
    name: { type: 'string', description: 'Name of the ordinary migration', valueHint: 'name' },
    abandon: {
      type: 'string',
      description: 'Abandon a change whose new key and declaration you have deleted',
      valueHint: 'change',
    },
    'dry-run': { type: 'boolean', description: 'Show the SQL, and write nothing' },
  },
  async run({ args, output }) {
    const project = await openProject(args)
    const dryRun = Boolean(args['dry-run'])
    const abandon = changeToAbandon(args.abandon)
    const unchecked = abandon === undefined ? [] : await lookIntoDatabase(project, abandon)
    const { files, notes: found } = await generateMigrations({
      folder: project.migrationsFolder,
      schema: await loadSchema(project),
      changes: project.changes,
      dryRun,
      ...(project.config.casing === undefined ? {} : { casing: project.config.casing }),
      ...(args.name === undefined ? {} : { name: args.name }),
      ...(abandon === undefined ? {} : { abandon }),
    })
    const notes = [...found, ...(files.length === 0 ? [] : unchecked)]
    for (const file of files) showFile(file, dryRun, output)
    for (const note of notes) output.line(`${output.style('yellow', 'note')}  ${note}`)
    output.line(nextHint(files.length, dryRun))
    output.result({ files: files.map(({ text, ...file }) => (dryRun ? { ...file, text } : file)), notes, dryRun })
    return exitCode.ok
  },
})

/** @throws ExpandContractError EC_OPTION_INVALID for `--abandon` without a change. */
function changeToAbandon(value: string | undefined): string | undefined {
  if (value === '' || value?.startsWith('-')) {
    throw failure('EC_OPTION_INVALID', { option: '--abandon', problem: 'say which change: give its id.' })
  }
  return value
}

/** What could not be seen of the configured database, as notes. @throws ExpandContractError EC_GENERATE */
async function lookIntoDatabase(project: Project, changeId: string): Promise<readonly string[]> {
  const { url, directUrl } = project.config
  if ((directUrl ?? url) === undefined)
    return ['No database is configured, so none was asked whether it has handed over.']
  try {
    await withSession(project, (session) => refuseHandedOver(session, changeId))
    return []
  } catch (error) {
    if (!(error instanceof ExpandContractError) || error.code !== 'EC_UNREACHABLE') throw error
    return [`${error.message} So it was not asked whether it has handed over.`]
  }
}

function showFile({ path, step, text, emptied }: GeneratedFile, dryRun: boolean, output: Output): void {
  const mark = emptied ? output.style('yellow', '~') : output.style('green', '+')
  const what = step === undefined ? '' : output.style('dim', `  ${step}${emptied ? ', emptied' : ''}`)
  output.line(`${mark} ${relative(process.cwd(), path)}${what}`)
  if (dryRun) output.line(`\n${text}`)
}

function nextHint(files: number, dryRun: boolean): string {
  if (files === 0) return 'Nothing to do: the migrations say what the schema says.'
  return dryRun ? 'Nothing was written.' : 'Next: review them, commit them, then `npx expand-contract migrate`.'
}
