/** Credentials in the fields of a form that the framework has parsed. */
import { carriesForm } from '../../request/form-body.ts'
import type { CredentialsSettings } from '../credentials-settings.ts'
import { NOT_UTF8 } from '../unreadable.ts'
import { credentialsOf, type Location, namesOf } from './location.ts'

/** The adapter chooses among several fields of one name (`RequestView.formField`). */
export function createFormLocation(settings: CredentialsSettings): Location {
  const [idName, keyName] = namesOf(settings)

  return {
    location: 'form',
    read(view) {
      if (!carriesForm(view)) return undefined
      const id = wellFormed(view.formField(idName))
      return credentialsOf(settings, id, keyName === undefined ? undefined : wellFormed(view.formField(keyName)))
    },
    strip(view) {
      if (!carriesForm(view)) return
      view.removeFormField?.(idName)
      if (keyName !== undefined) view.removeFormField?.(keyName)
    },
  }
}

function wellFormed(value: string | undefined) {
  return value === undefined || value.isWellFormed() ? value : NOT_UTF8
}
