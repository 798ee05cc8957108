import ts from 'typescript'
import type { SourceFile } from './source-files.js'

const bannedGlobals = new Set([
  'Buffer',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
])
const bannedMembers = new Set(['Date.now', 'Math.random'])

/** Places where a file asks the world for time, chance or work, as `path:line name`. Comments and strings are free. */
export function impuritiesIn(file: SourceFile): string[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const name = impurityOf(node)
    if (name !== undefined) {
      found.push(`${file.path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1} ${name}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function impurityOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`
    if (bannedMembers.has(member)) return member
  }
  if (ts.isNewExpression(node) && isDate(node.expression) && !node.arguments?.length) return 'new Date()'
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()'
  if (ts.isStringLiteral(node) && node.text.startsWith('node:') && isModuleName(node)) return node.text
  if (ts.isIdentifier(node) && bannedGlobals.has(node.text) && isReference(node)) return node.text
  return undefined
}

function isDate(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Date'
}

function isModuleName({ parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isCallExpression(parent)
}

/** False for a name that only labels a member: `effects.process`, `{ process: 1 }`, `process(): void`. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isQualifiedName(parent)) return parent.right !== node
  const labels =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessor(parent)
  return !(labels && parent.name === node)
}
