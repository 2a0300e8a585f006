// Whoever uses the client also uses BatonError, Timestamp, WorkflowID, TokenScope and TypedText.
@_exported public import BatonCore
