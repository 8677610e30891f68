"""S3, as far as the bot asks it: buckets whose objects are written where there is none, read, and listed in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from aiohttp import web

from .wire import AwsError, Call

_META = "x-amz-meta-"
_ONE_PAGE = 1000


@dataclass(frozen=True, slots=True)
class StoredObject:
    body: bytes
    #: ``Content-Type`` and the metadata, as they were sent.
    headers: Mapping[str, str]


class Buckets:
    """All buckets of one account, none with Object Lock. Changes and reads nothing but whole objects."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, StoredObject]] = {}

    def answer(self, call: Call, request: web.Request, body: bytes) -> web.Response:
        bucket, _, key = str(call.arguments["Path"]).partition("/")
        if call.operation == "CreateBucket":
            self._objects.setdefault(bucket, {})
            return web.Response()
        if bucket not in self._objects:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        objects = self._objects[bucket]
        match call.operation:
            case "HeadBucket":
                return web.Response()
            case "GetObjectLockConfiguration":
                message = "Object Lock configuration does not exist for this bucket"
                raise AwsError("ObjectLockConfigurationNotFoundError", message, 404)
            case "ListObjectsV2":
                return _listed(bucket, objects, request.query)
            case "PutObject":
                return _put(objects, key, request.headers, body)
            case "GetObject" | "HeadObject":
                return _got(objects, key)
            case _:
                raise AwsError("NotImplemented", f"S3 has no operation {call.operation} here.", 501)


def _put(objects: dict[str, StoredObject], key: str, headers: Mapping[str, str], body: bytes) -> web.Response:
    if headers.get("If-None-Match") == "*" and key in objects:
        message = "At least one of the pre-conditions you specified did not hold"
        raise AwsError("PreconditionFailed", message, 412)
    kept = {name: value for name, value in headers.items() if name.lower().startswith((_META, "content-type"))}
    objects[key] = StoredObject(body, kept)
    return web.Response()


def _got(objects: Mapping[str, StoredObject], key: str) -> web.Response:
    if key not in objects:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    return web.Response(body=objects[key].body, headers=dict(objects[key].headers))


def _listed(bucket: str, objects: Mapping[str, StoredObject], query: Mapping[str, str]) -> web.Response:
    """The page behind ``start-after``, or behind the last key of the page before."""
    after = query.get("continuation-token") or query.get("start-after", "")
    keys = sorted(key for key in objects if key.startswith(query.get("prefix", "")) and key > after)
    page = keys[: int(query.get("max-keys", _ONE_PAGE))]
    more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(page) < len(keys) else ""
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(objects[key].body)}</Size></Contents>" for key in page
    )
    return web.Response(
        text='<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(bucket)}</Name><KeyCount>{len(page)}</KeyCount>"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}{rows}</ListBucketResult>",
        content_type="application/xml",
    )
