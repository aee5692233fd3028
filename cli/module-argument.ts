import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ModuleError } from '../core/errors.ts'
import { type ModuleTask, task } from '../views/functions/module-task.ts'

const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/**
 * `MODULE[#export]` as a task: a file, from here on absolute, and one of its exports, else the default one.
 * @throws ModuleError where there is no such file
 */
export function moduleTask(argument: string): ModuleTask<(item: unknown) => unknown> {
  const mark = argument.lastIndexOf('#')
  // A file may have the mark in its name.
  const isWhole = mark === -1 || isFile(argument)
  const file = path.resolve(isWhole ? argument : argument.slice(0, mark))
  const exportName = isWhole ? 'default' : argument.slice(mark + 1) || 'default'
  return task<(item: unknown) => unknown>(pathToFileURL(existing(file)), exportName)
}

/**
 * The path of a module that is there, absolute. It may be given as the `file:` URL that programs know it by.
 * @throws ModuleError where there is no such file
 */
export function modulePath(argument: string): string {
  return existing(argument.startsWith('file:///') ? fileURLToPath(argument) : path.resolve(argument))
}

function existing(file: string): string {
  if (!isFile(file)) {
    const meant = extensions.map((extension) => file.replace(/\.[cm]?[jt]s$/, '') + extension).find(isFile)
    const advice = meant ? `Did you mean ${path.relative('', meant)}?` : 'Name a .js, .mjs or .ts file.'
    throw new ModuleError(`there is no module ${file}. ${advice}`, { details: { file } })
  }
  return file
}

function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile()
}
