/** The options for products whose callers send access tokens of an identity provider. */
import type { CredentialLocation } from '../../credentials/credentials-settings.ts'

/** What an access token must satisfy. */
export interface TokenOptions {
  /**
   * Accepted values of the claim `aud`. Without it, a token that was issued for another API passes too, if its client is
   * an application of the service. Default: not compared.
   */
  readonly audience?: string | readonly string[] | undefined
  /** Accepted signature algorithms, all of them with a public key. Default: those that the provider announces. */
  readonly algorithms?: readonly string[] | undefined
  /** Claims that must be there and not be empty; `exp` is always required. Default `['exp', 'sub', 'aud']`. */
  readonly requiredClaims?: readonly string[] | undefined
  /**
   * The application of a token: the name of a claim, or a function of the claims of a verified token. If it returns no
   * text or throws, the token is refused. Default: what the product says, else the claim `azp`.
   */
  readonly clientId?: string | ((claims: Readonly<Record<string, unknown>>) => string | undefined) | undefined
  /** 'at+jwt' accepts only tokens that declare this type in their header (RFC 9068). Default: absent or JWT will do too. */
  readonly typ?: 'at+jwt' | undefined
  /** How far the clocks of provider and gateway may differ, in milliseconds. Default 0. */
  readonly clockToleranceMs?: number | undefined
  /** Keys may be fetched by plain http from another machine. Default false. */
  readonly allowHttp?: boolean | undefined
}

/** For the OpenID Connect products of a proxy configuration, which itself says where their issuers are. */
export interface OidcOptions extends TokenOptions {
  /** Accepted values of the claim `iss`. Default: the issuer that the discovery document names. */
  readonly issuer?: string | readonly string[] | undefined
}

/** Credentials that are access tokens; the service uses OpenID Connect in 3scale. */
export interface OidcCredentialsOptions extends TokenOptions {
  readonly kind: 'oidc'
  /** The provider's address, to which `/.well-known/openid-configuration` is joined. */
  readonly issuer: string
  /** The first location that holds a token wins; elsewhere than in Authorization it is `access_token`. Default `['authorization']`. */
  readonly in?: readonly CredentialLocation[] | undefined
  /** Longest token that is looked at, in bytes. Default 16384. */
  readonly maxBytes?: number | undefined
}
