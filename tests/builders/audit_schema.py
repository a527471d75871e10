"""The grammar of audit messages (DICOM PS3.15 section A.5.1) in RELAX NG, written down from the tables of A.5.2."""

from __future__ import annotations

from lxml import etree

_CODED = """
    <attribute name="csd-code"><data type="token"><param name="minLength">1</param></data></attribute>
    <attribute name="codeSystemName"><data type="token"/></attribute>
    <optional><attribute name="displayName"><data type="token"/></attribute></optional>
    <attribute name="originalText"><data type="token"/></attribute>
"""


def _one_of(*values: str) -> str:
    return "<choice>" + "".join(f"<value>{value}</value>" for value in values) + "</choice>"


def _may(name: str, content: str = '<data type="token"/>') -> str:
    return f'<optional><attribute name="{name}">{content}</attribute></optional>'


def _coded(name: str) -> str:
    return f'<element name="{name}">{_CODED}</element>'


_EVENT = f"""
<element name="EventIdentification">
  {_may("EventActionCode", _one_of("C", "R", "U", "D", "E"))}
  <attribute name="EventDateTime"><data type="dateTime"/></attribute>
  <attribute name="EventOutcomeIndicator">{_one_of("0", "4", "8", "12")}</attribute>
  {_coded("EventID")}
  <zeroOrMore>{_coded("EventTypeCode")}</zeroOrMore>
  <optional><element name="EventOutcomeDescription"><text/></element></optional>
</element>
"""
_PARTICIPANT = f"""
<element name="ActiveParticipant">
  <attribute name="UserID"><data type="token"><param name="minLength">1</param></data></attribute>
  {_may("AlternativeUserID")}
  {_may("UserName")}
  <attribute name="UserIsRequestor"><data type="boolean"/></attribute>
  {_may("NetworkAccessPointID")}
  {_may("NetworkAccessPointTypeCode", _one_of(*map(str, range(1, 6))))}
  <zeroOrMore>{_coded("RoleIDCode")}</zeroOrMore>
</element>
"""
_SOURCE = f"""
<element name="AuditSourceIdentification">
  {_may("AuditEnterpriseSiteID")}
  <attribute name="AuditSourceID"><data type="token"><param name="minLength">1</param></data></attribute>
  <zeroOrMore>
    <element name="AuditSourceTypeCode">
      <choice><attribute name="csd-code">{_one_of(*map(str, range(1, 10)))}</attribute><group>{_CODED}</group></choice>
    </element>
  </zeroOrMore>
</element>
"""
_OBJECT = f"""
<element name="ParticipantObjectIdentification">
  <attribute name="ParticipantObjectID"><data type="token"><param name="minLength">1</param></data></attribute>
  {_may("ParticipantObjectTypeCode", _one_of(*map(str, range(1, 5))))}
  {_may("ParticipantObjectTypeCodeRole", _one_of(*map(str, range(1, 27))))}
  {_may("ParticipantObjectDataLifeCycle", _one_of(*map(str, range(1, 16))))}
  {_may("ParticipantObjectSensitivity")}
  {_coded("ParticipantObjectIDTypeCode")}
  <choice>
    <element name="ParticipantObjectName"><data type="token"/></element>
    <element name="ParticipantObjectQuery"><data type="base64Binary"/></element>
  </choice>
  <zeroOrMore>
    <element name="ParticipantObjectDetail">
      <attribute name="type"><data type="token"/></attribute>
      <attribute name="value"><data type="base64Binary"/></attribute>
    </element>
  </zeroOrMore>
</element>
"""
_GRAMMAR = f"""
<element name="AuditMessage" xmlns="http://relaxng.org/ns/structure/1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  {_EVENT}
  <oneOrMore>{_PARTICIPANT}</oneOrMore>
  {_SOURCE}
  <zeroOrMore>{_OBJECT}</zeroOrMore>
</element>
"""


def problems_of(xml: str) -> list[str]:
    """What is wrong with an audit message; empty when it is of the standard's grammar."""
    grammar = etree.RelaxNG(etree.fromstring(_GRAMMAR))
    grammar.validate(etree.fromstring(xml.encode()))
    return [str(entry.message) for entry in grammar.error_log]
