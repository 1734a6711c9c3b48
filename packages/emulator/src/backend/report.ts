/** The report endpoint: checks the shape of the transactions. The job checks their content later. */
import type { Directory, Service } from '../provider/directory.ts'
import { isValidUtf8, type Parameter, type ParameterHash } from '../rack/parameter.ts'
import { mediaType } from '../rack/request-parameters.ts'
import { CrashError, errors } from './errors.ts'
import type { ExtensionsReader } from './extensions.ts'
import { providerKeyOf, serviceOf } from './service-authentication.ts'
import { withoutZeros } from './usage.ts'

/** One transaction as the job gets it; its members are not checked yet. */
export type Transaction = ReadonlyMap<string, Parameter>

export interface Report {
  readonly service: Service
  readonly flatUsage: boolean
  /** Without transactions that count nothing. */
  readonly transactions: readonly Transaction[]
}

const formTypes = new Set(['application/x-www-form-urlencoded', 'multipart/form-data'])

/** @throws BackendError, CrashError or ParameterError in the backend's order of checks. */
export function readReport(
  contentType: string | undefined,
  parameters: ParameterHash,
  extensions: ExtensionsReader,
  directory: Directory,
): Report {
  const type = mediaType(contentType)
  if (type && !formTypes.has(type)) throw errors.contentTypeInvalid(type)
  const providerKey = providerKeyOf(parameters, directory)
  if (!isValidUtf8(parameters)) throw errors.notValidData()
  const transactions = checkTransactions(parameters.get('transactions'))
  const { flatUsage } = extensions()
  const service = serviceOf(providerKey, parameters.get('service_id'), directory)
  return { service, transactions: transactions.flatMap(prepare), flatUsage }
}

function checkTransactions(transactions: Parameter | undefined): readonly Parameter[] {
  if (transactions == null || transactions === '') throw errors.transactionsIsBlank()
  if (!(transactions instanceof Map)) throw errors.transactionsFormatInvalid()
  const members = [...transactions.values()]
  if (members.some((member) => member === null)) throw errors.transactionsHasNilTransaction()
  if (members.some((member) => member instanceof Map && member.get('user_id') != null)) {
    throw errors.endUsersNoLongerSupported()
  }
  // The backend crashes on an array before it looks up the service, and on a string only afterwards.
  if (members.some(Array.isArray)) throw new CrashError('a transaction is an array')
  return members
}

function prepare(member: Parameter): Transaction[] {
  if (!(member instanceof Map)) throw new CrashError('a transaction is not a hash')
  const usage = member.get('usage')
  if (usage == null) return [member]
  if (typeof usage === 'string') throw new CrashError('a usage is not a hash')
  if (!(usage instanceof Map)) return [member]
  const reported = withoutZeros(usage)
  return reported.size === 0 ? [] : [new Map(member).set('usage', new Map(reported))]
}
