"""Services: descriptors, server protocols with their dispatch, client stubs."""

from __future__ import annotations

import naming
from model import Method, Service
from writer import Writer

KINDS = {
    (False, False): "unary",
    (False, True): "serverStream",
    (True, False): "clientStream",
    (True, True): "bidirectional",
}


def write_service(out: Writer, service: Service) -> None:
    """Writes everything about one service."""
    _write_descriptors(out, service)
    out.line()
    _write_protocol(out, service)
    out.line()
    _write_defaults(out, service)
    out.line()
    _write_definition(out, service)
    out.line()
    _write_client(out, service)


def write_service_table(out: Writer, services: list[Service]) -> None:
    """Writes the table of all services."""
    with out.block("extension Wire"):
        out.doc("Every service of the contract, ascending by full name.")
        out.line("public static let services: [ServiceDescriptor] = [")
        with out.indented():
            for service in sorted(services, key=lambda service: service.full_name):
                out.line(f"{_namespace(service)}.descriptor,")
        out.line("]")


def _kind(method: Method) -> str:
    return KINDS[(method.client_streams, method.server_streams)]


def _swift_name(method: Method) -> str:
    return naming.quoted(naming.lower_first(method.name))


def _namespace(service: Service) -> str:
    return f"Wire.{service.name}"


def _comment(service: Service, method: Method) -> str:
    return method.comment or f"The method `{method.name}` of `{service.full_name}`."


def _write_descriptors(out: Writer, service: Service) -> None:
    with out.block("extension Wire"):
        out.doc(f"The methods of `{service.full_name}`.")
        with out.block(f"public enum {service.name}"):
            out.doc("The full name of the service.")
            out.line(f'public static let name = "{service.full_name}"')
            for method in service.methods:
                out.line()
                out.doc(f"`{method.name}`: see ``{service.name}Service``.")
                out.line(f"public static let {_swift_name(method)} = MethodDescriptor(")
                with out.indented():
                    out.line(f'service: name, method: "{method.name}", kind: .{_kind(method)},')
                    flags = f"isMutating: {_bool(method.mutating)}"
                    flags += f", isIdempotent: {_bool(method.idempotent)}"
                    roles = ", ".join(f".{naming.quoted(role)}" for role in method.roles)
                    out.line(f"{flags}, roles: [{roles}])")
            out.line()
            out.doc("The service with all its methods, in the order of the contract.")
            out.line("public static let descriptor = ServiceDescriptor(")
            with out.indented():
                out.line("name: name,")
                out.line("methods: [")
                with out.indented():
                    for method in service.methods:
                        out.line(f"{_swift_name(method)},")
                out.line("])")


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _write_protocol(out: Writer, service: Service) -> None:
    with out.block("extension Wire"):
        comment = service.comment or f"The service `{service.full_name}`."
        out.doc(
            f"{comment}\n\nMethods that a server does not implement answer UNIMPLEMENTED"
            " `unknown_method`."
        )
        with out.block(f"public protocol {service.name}Service: Sendable"):
            for position, method in enumerate(service.methods):
                if position:
                    out.line()
                out.doc(_comment(service, method))
                out.line(f"func {_swift_name(method)}(")
                _write_parameters(out, method)
                out.line(f"){_effects(method)}")


def _write_parameters(out: Writer, method: Method) -> None:
    """Writes the parameters, one a line where they do not fit into one."""
    text = _parameters(method)
    with out.indented():
        if out.fits(text):
            out.line(text)
        else:
            out.lines(*text.replace(", ", ",\n").split("\n"))


def _parameters(method: Method) -> str:
    request, response = method.request, method.response
    return {
        "unary": f"_ request: {request}, _ call: UnaryCall<{response}>",
        "serverStream": f"_ request: {request}, _ call: ServerStreamCall<{response}>",
        "clientStream": f"_ items: MessageStream<{request}>, context: any ServerContext",
        "bidirectional": f"_ items: MessageStream<{request}>, _ answers: MessageWriter<{response}>,"
        " context: any ServerContext",
    }[_kind(method)]


def _effects(method: Method) -> str:
    return {
        "unary": "",
        "serverStream": "",
        "clientStream": f" async throws -> {method.response}",
        "bidirectional": " async throws",
    }[_kind(method)]


def _write_defaults(out: Writer, service: Service) -> None:
    with out.block(f"extension {_namespace(service)}Service"):
        for position, method in enumerate(service.methods):
            if position:
                out.line()
            out.doc(f"Answers that `{method.name}` is not available.")
            out.line(f"public func {_swift_name(method)}(")
            _write_parameters(out, method)
            error = f"BatonError(unavailable: {_namespace(service)}.{_swift_name(method)})"
            fail = f"throw {error}" if method.client_streams else f"call.fail({error})"
            with out.block(f"){_effects(method)}"):
                out.line(fail)


def _write_definition(out: Writer, service: Service) -> None:
    with out.block(f"extension {_namespace(service)}Service"):
        out.doc("The service as a server offers it: decodes, dispatches to this value, encodes.")
        with out.block("public var definition: ServiceDefinition"):
            out.line("var methods: [MethodHandler] = []")
            out.line(f"methods.reserveCapacity({len(service.methods)})")
            for method in service.methods:
                names = {
                    "unary": ("request, call", "self.{}(request, call)"),
                    "serverStream": ("request, call", "self.{}(request, call)"),
                    "clientStream": ("items, context", "try await self.{}(items, context: context)"),
                    "bidirectional": (
                        "items, answers, context",
                        "try await self.{}(items, answers, context: context)",
                    ),
                }[_kind(method)]
                descriptor = f"{_namespace(service)}.{_swift_name(method)}"
                out.line("methods.append(")
                with out.indented():
                    out.line(f".{_kind(method)}({descriptor}) {{ {names[0]} in")
                    with out.indented():
                        out.line(names[1].format(_swift_name(method)))
                    out.line("})")
            out.line(
                f"return ServiceDefinition(name: {_namespace(service)}.name, methods: methods)"
            )


def _write_client(out: Writer, service: Service) -> None:
    with out.block("extension Wire"):
        out.doc(f"Calls `{service.full_name}`, wherever it runs.")
        with out.block(f"public struct {service.name}Client: Sendable"):
            out.doc("What carries the calls.")
            out.line("public var caller: any Caller")
            out.line()
            out.doc("- Parameter caller: What carries the calls.")
            out.line("public init(_ caller: any Caller) { self.caller = caller }")
            for method in service.methods:
                out.line()
                _write_client_method(out, service, method)


def _write_client_method(out: Writer, service: Service, method: Method) -> None:
    name, descriptor = _swift_name(method), f"{_namespace(service)}.{_swift_name(method)}"
    request, response = method.request, method.response
    options = "options: CallOptions = .standard"
    out.doc(_comment(service, method))
    kind = _kind(method)
    if kind == "unary":
        parameters = [f"_ request: {request}, {options}"]
        head, effects = f"public func {name}(", f"async throws -> {response}"
        call = [f"{descriptor}, request, options: options)"]
    elif kind == "serverStream":
        parameters = [
            f"_ request: {request}, {options},",
            f"_ body: (MessageStream<{response}>) async throws -> Result",
        ]
        head, effects = f"public func {name}<Result>(", "async throws -> Result"
        call = [f"{descriptor}, request, options: options, body)"]
    elif kind == "clientStream":
        parameters = [
            f"{options},",
            f"_ produce: (MessageWriter<{request}>) async throws -> Void",
        ]
        head, effects = f"public func {name}(", f"async throws -> {response}"
        call = [f"{descriptor}, of: {request}.self, options: options, produce)"]
    else:
        parameters = [
            f"{options},",
            f"_ body: (MessageWriter<{request}>, MessageStream<{response}>) async throws -> Result",
        ]
        head, effects = f"public func {name}<Result>(", "async throws -> Result"
        call = [
            f"{descriptor}, of: {request}.self, answer: {response}.self,",
            "options: options, body)",
        ]
    out.line(head)
    with out.indented():
        out.lines(*parameters)
    with out.block(f") {effects}"):
        out.line(f"try await caller.{kind}(")
        with out.indented():
            out.lines(*call)
