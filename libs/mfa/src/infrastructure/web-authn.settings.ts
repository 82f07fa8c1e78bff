/** Who asks for passkeys, and from where. */
export abstract class WebAuthnSettings {
  /** Scope of every passkey (WebAuthn §5.1.2): a domain. Another one later means that none of them works any more. */
  abstract readonly relyingPartyId: string;
  /** What people are told it is for. */
  abstract readonly relyingPartyName: string;
  /** Exact origins of the pages (`https://…`) and apps (`android:apk-key-hash:…`) that may ask for passkeys. */
  abstract readonly origins: readonly string[];
}
