"""A baostock server on the loopback that speaks the client's protocol: framed by \\1, ended by a CDATA mark.

Header: version \\1 type \\1 length, 21 characters. Answers to bar queries are zlib-compressed. Written from the client's
source (baostock 0.9.4); what the real server does beyond that is not known.
"""

import json
import socketserver
import threading
import zlib

SPLIT, END = "\1", b"<![CDATA[]]>\n"
BARS, FACTORS, DIVIDENDS, LOGIN, LOGOUT, BASIC = "95", "15", "13", "00", "02", "45"
FIELDS = {
    FACTORS: "code,dividOperateDate,foreAdjustFactor,backAdjustFactor,adjustFactor",
    DIVIDENDS: "code,dividOperateDate,dividCashPsBeforeTax,dividStocksPs,dividReserveToStockPs",
    BASIC: "code,code_name,ipoDate,outDate,type,status",
}
NAMES = {
    BARS: "query_history_k_data_plus",
    FACTORS: "query_adjust_factor",
    DIVIDENDS: "query_dividend_data",
    BASIC: "query_stock_basic",
}


def frame(kind: str, body: str, compressed: bool = False) -> bytes:
    content = zlib.compress(body.encode()) if compressed else body.encode()
    return SPLIT.join(("00.9.40", kind, f"{len(content):010d}")).encode() + content + END


class _Handler(socketserver.StreamRequestHandler):
    server: "FakeBaostock"

    def handle(self) -> None:
        for line in self.rfile:
            text = line.decode().rstrip("\n")
            head, _, checksum = text.rpartition(SPLIT)
            assert int(checksum) == zlib.crc32(head.encode())
            kind, body = head[8:10], head[21:].split(SPLIT)
            self.server.log.append(tuple(body))
            fault = self.server.faults.pop(0) if self.server.faults and kind == BARS else ""
            if fault == "hang up":
                return
            if fault == "error":
                self.wfile.write(frame("04", SPLIT.join(("10002007", "网络接收错误。"))))
                continue
            self.wfile.write(self._answer(kind, body))

    def _answer(self, kind: str, body: list[str]) -> bytes:
        if kind in (LOGIN, LOGOUT):
            return frame(f"{int(kind) + 1:02d}", SPLIT.join(("0", "success", body[0], body[1], "")))
        method, user, page, count, code = body[:5]
        of = f"{code} {body[8]}" if kind == BARS and body[8] != "d" else code
        rows = self.server.rows.get((NAMES[kind], of), [])
        if kind == BARS:
            rows = [row for row in rows if body[6] <= row[0] <= body[7]]
        start = (int(page) - 1) * int(count)
        record = json.dumps({"record": rows[start : start + int(count)]})
        parts = ["0", "success", method, user, page, count, record, code]
        parts += [*body[5:]] if kind == BARS else [*body[5:], FIELDS[kind]]
        if kind == DIVIDENDS:
            parts = [*parts[:7], code, *body[5:], FIELDS[kind]]
        return frame({BARS: "96"}.get(kind, f"{int(kind) + 1:02d}"), SPLIT.join([*parts, ""]), kind == BARS)


class FakeBaostock(socketserver.ThreadingTCPServer):
    """Serves `rows` by (query name, code), of minutes by code and length (`sh.600589 5`); `faults` are given to bar queries, once each."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, rows: dict[tuple[str, str], list[list[str]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows = rows
        self.log: list[tuple[str, ...]] = []
        self.faults: list[str] = []

    def __enter__(self) -> "FakeBaostock":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
