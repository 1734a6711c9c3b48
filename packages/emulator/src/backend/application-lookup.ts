/** Finds the application of a call: by user key or by application id, depending on the service's backend version. */
import type { Application, Service } from '../provider/directory.ts'
import { type ParameterHash, stringOf } from '../rack/parameter.ts'
import { errors } from './errors.ts'

export interface FoundApplication {
  readonly application: Application
  readonly id: string
}

/** @throws BackendError application_not_found, authentication_error or user_key_invalid */
export function findApplication(service: Service, parameters: ParameterHash, oauth: boolean): FoundApplication {
  const appId = stringOf(parameters, 'app_id')
  const userKey = stringOf(parameters, 'user_key')
  if (oauth && appId === undefined) throw errors.applicationNotFound()
  if (appId !== undefined && userKey !== undefined) throw errors.authenticationError()
  if (service.version !== '1') return found(service, appId)
  const id = userKey === undefined ? undefined : service.applicationIdOf(userKey)
  if (id === undefined) throw errors.userKeyInvalid(userKey)
  return found(service, id)
}

function found(service: Service, id: string | undefined): FoundApplication {
  const application = id === undefined ? undefined : service.application(id)
  if (!application) throw errors.applicationNotFound(id)
  return { application, id: id! }
}
